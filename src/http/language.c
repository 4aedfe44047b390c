/* Language tags: see language.h. */
#include "http/language.h"

#include "http/chars.h"

/* Subtag by subtag. */
struct walk {
    struct vb_span next; /* "": at the end, or at what is no subtag */
    struct vb_span rest;
    bool sound;
};

size_t vb_language_subtag(struct vb_span s, size_t at)
{
    size_t len =
        vb_chars_run(vb_span_from(s, at), VB_CHAR_ALPHA | VB_CHAR_DIGIT);

    return len > 8 ? 0 : len;
}

static void advance(struct walk *walk)
{
    size_t len = vb_language_subtag(walk->rest, 0);
    bool last = len == walk->rest.len;

    walk->next = vb_span_head(walk->rest, len);
    if (walk->rest.len > 0 &&
        (len == 0 ||
         (!last && (walk->rest.ptr[len] != '-' || len + 1 == walk->rest.len))))
        walk->sound = false;
    walk->rest = vb_span_from(walk->rest, len + 1);
}

static bool is(const struct walk *walk, unsigned classes, size_t least,
               size_t most)
{
    return walk->next.len >= least && walk->next.len <= most &&
           vb_chars_all(walk->next, classes);
}

/* Passes over the next subtag, if it is such a one. */
static bool take(struct walk *walk, unsigned classes, size_t least, size_t most)
{
    bool fits = is(walk, classes, least, most);

    if (fits)
        advance(walk);
    return fits;
}

#define ALNUM ((unsigned)VB_CHAR_ALPHA | VB_CHAR_DIGIT)

/* 2*3ALPHA with up to three extlang, 4ALPHA or 5*8ALPHA. */
static bool take_language(struct walk *walk)
{
    if (!take(walk, VB_CHAR_ALPHA, 2, 3))
        return take(walk, VB_CHAR_ALPHA, 4, 8);
    for (int i = 0; i < 3; i++)
        (void)take(walk, VB_CHAR_ALPHA, 3, 3);
    return true;
}

/* 5*8alphanum, or DIGIT 3alphanum. */
static bool take_variant(struct walk *walk)
{
    return take(walk, ALNUM, 5, 8) ||
           (walk->next.len == 4 &&
            vb_char_is(walk->next.ptr[0], VB_CHAR_DIGIT) &&
            take(walk, ALNUM, 4, 4));
}

/* A singleton, and one subtag at least. False: it is not followed so. */
static bool take_extensions(struct walk *walk)
{
    while (is(walk, ALNUM, 1, 1)) {
        size_t least = vb_ascii_lower(walk->next.ptr[0]) == 'x' ? 1 : 2;

        advance(walk);
        if (!take(walk, ALNUM, least, 8))
            return false;
        while (take(walk, ALNUM, least, 8))
            ;
    }
    return true;
}

bool vb_language_valid(struct vb_span s)
{
    struct walk walk = {.rest = s, .sound = true};

    advance(&walk);
    if (take_language(&walk)) {
        (void)take(&walk, VB_CHAR_ALPHA, 4, 4); /* script */
        if (!take(&walk, VB_CHAR_ALPHA, 2, 2))  /* region */
            (void)take(&walk, VB_CHAR_DIGIT, 3, 3);
        while (take_variant(&walk))
            ;
    } else if (!vb_span_ieq(walk.next, VB_SPAN("x"))) {
        return false;
    }
    return take_extensions(&walk) && walk.sound && walk.next.len == 0;
}

bool vb_language_known(struct vb_span s)
{
    static const char codes[] =
        "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedv"
        "dzeeeleneoeseteufafffifjfofrfygagdglgngugvhahehihohrhthuhyhziaidieig"
        "iiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmh"
        "mimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnroru"
        "rwsascsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwtyug"
        "ukuruzvevivowawoxhyiyozazhzu";

    if (s.len != 2)
        return false;
    for (size_t i = 0; i + 2 < sizeof(codes); i += 2)
        if (codes[i] == vb_ascii_lower(s.ptr[0]) &&
            codes[i + 1] == vb_ascii_lower(s.ptr[1]))
            return true;
    return false;
}
