#include "tell.h"

#include "pgdba/base/clock.h"
#include "pgdba/net/loop.h"

void source_tell(const struct source_ctx *ctx, struct observation o)
{
    const struct clock *clock = net_loop_clock(ctx->loop);

    o.wall_us = clock_wall(clock);
    o.mono_us = clock_mono(clock);
    o.endpoint = o.endpoint != NULL ? o.endpoint : "";
    o.detail = o.detail != NULL ? o.detail : "";
    o.date = o.date != NULL ? o.date : "";
    ctx->emit(ctx->arg, &o);
}

void source_tell_body(const struct source_ctx *ctx, struct observation o, const struct buf *body)
{
    if (body != NULL) {
        o.body = body->s;
        o.body_len = body->len;
    }
    source_tell(ctx, o);
}
