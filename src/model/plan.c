#include "pgdba/model/plan.h"

int plan_nwords(const struct plan *p)
{
    return p->confirm == CONFIRM_YES ? 0 : 1 + p->nmore_words;
}

struct confirm_word plan_word(const struct plan *p, int i)
{
    return i == 0 ? (struct confirm_word){p->confirm_what, p->confirm_word} : p->more_words[i - 1];
}
