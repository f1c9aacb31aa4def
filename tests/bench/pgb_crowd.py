#!/usr/bin/env python3
"""A crowd before a real PgBouncer: idle clients of many databases, and beneath it one that answers as PostgreSQL does.

    tests/bench/pgb_crowd.py server PORT                     says it is PostgreSQL on PORT, until it is ended
    tests/bench/pgb_crowd.py clients PORT CLIENTS DATABASES  CLIENTS of them through the PgBouncer on PORT

One client of each database has a query under way that is never answered: its server stays linked to it. The rest idle.
`clients` prints "ready" once all are in, and holds them until its standard input ends.
"""
import asyncio
import resource
import struct
import sys

AT_ONCE = 100


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


HELLO = b"".join([
    message(b"R", struct.pack("!i", 0)),
    *(message(b"S", f"{k}\0{v}\0".encode()) for k, v in (
        ("server_version", "15.0"), ("server_encoding", "UTF8"), ("client_encoding", "UTF8"), ("DateStyle", "ISO, MDY"),
        ("TimeZone", "UTC"), ("integer_datetimes", "on"), ("standard_conforming_strings", "on"))),
    message(b"K", struct.pack("!ii", 4711, 1)),
    message(b"Z", b"I"),
])


async def served(reader, writer):
    """Lets everybody in, obeys what PgBouncer itself asks, and answers no query with a sleep in it."""
    try:
        size, = struct.unpack("!i", await reader.readexactly(4))
        await reader.readexactly(size - 4)
        writer.write(HELLO)
        while True:
            kind = await reader.readexactly(1)
            size, = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(size - 4)
            if kind == b"X":
                break
            if kind == b"Q" and b"sleep" not in body:
                writer.write(message(b"C", b"SET\0") + message(b"Z", b"I"))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def serve(port):
    server = await asyncio.start_server(served, "127.0.0.1", port, backlog=1024)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


async def client(port, n, databases, turn):
    async with turn:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        words = f"user\0app\0database\0db{n % databases:03d}\0application_name\0worker {n:04d}\0\0".encode()
        writer.write(struct.pack("!ii", len(words) + 8, 196608) + words)
        while True:
            kind = await reader.readexactly(1)
            size, = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(size - 4)
            if kind == b"E":
                raise ConnectionError(f"client {n} is refused: {body!r}")
            if kind == b"Z":
                break
        if n < databases:
            writer.write(message(b"Q", b"select pg_sleep(3600)\0"))
        return reader, writer


async def crowd(port, clients, databases):
    turn = asyncio.Semaphore(AT_ONCE)
    held = await asyncio.gather(*(client(port, n, databases, turn) for n in range(clients)))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for _, writer in held:
        writer.close()


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    what, *numbers = sys.argv[1:]
    try:
        asyncio.run((serve if what == "server" else crowd)(*(int(n) for n in numbers)))
    except (OSError, asyncio.IncompleteReadError) as e:
        sys.exit(f"pgb_crowd {what}: {e}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
