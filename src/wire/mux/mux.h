/*
 * What the versions share that carry many requests at once (HTTP/2, HTTP/3):
 * from decoded field lines to a head, content towards its sink, a reply's
 * field section, what its content comes from, and what a client may cost.
 *
 *     version ─ field lines ─▶ head.c ──▶ exchange ──▶ service
 *        │ ▲ ── content ─────▶ content.c ────▲  │
 *        │ └── section.c, source.c ◀─ run.c ◀──┴─ carrier.c
 *        └ frames, windows, streams: struct vb_mux_ops
 *
 * A version's own stream begins with a struct vb_mux_stream. Whatever the
 * service, a sink or a source does, only marks it; vb_mux_step then does what
 * it is marked for.
 */
#ifndef VB_WIRE_MUX_MUX_H
#define VB_WIRE_MUX_MUX_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"
#include "wire/message.h"
#include "wire/mux/bounds.h"

struct vb_call; /* exchange/call.h */
struct vb_mux_stream;
struct vb_section;

enum {
    /* A decoded field section of more than so many times what is told as
     * acceptable ends the connection: HPACK and QPACK make large ones cheap to
     * send. */
    VB_MUX_SECTION_TIMES = 4
};

/* How soon a reply is wanted (RFC 9218 section 4). */
struct vb_mux_priority {
    uint8_t urgency; /* 0 to 7, the lower the sooner */
    bool incremental;
};

enum {
    VB_MUX_URGENCIES = 8,
    VB_MUX_URGENCY = 3, /* of who says nothing */
    /* Streams not opened yet whose priority is kept (RFC 9218 section 7). */
    VB_MUX_EARLY_PRIORITIES = 16
};

/* What a version does for its streams. None calls back. */
struct vb_mux_ops {
    /* There is something to be done: see vb_mux_step. */
    void (*mark)(struct vb_mux_stream *s);
    /* So many bytes of content were used, or will be by nobody: their windows
     * open, the connection's and, where `stream`, the stream's. */
    void (*consumed)(struct vb_mux_stream *s, size_t n, bool stream);
    /* Content has come. */
    void (*moved)(struct vb_mux_stream *s);
    /* Sends the section of an interim reply, or nothing. */
    void (*interim)(struct vb_mux_stream *s, const struct vb_section *section);
    /* Sends that of the reply, and then its content if it has any. False when
     * out of memory. */
    bool (*reply)(struct vb_mux_stream *s, const struct vb_section *section,
                  bool content);
    /* The source that had nothing has something, or ended. */
    void (*resume)(struct vb_mux_stream *s);
    /* The reply cannot be sent: breaks the stream off. */
    void (*fail)(struct vb_mux_stream *s);
    /* The connection is to end when what is under way is answered. */
    void (*stop)(struct vb_mux_stream *s);
};

/* A field line of Cookie that waits for the others. */
struct vb_mux_crumb {
    struct vb_mux_crumb *next;
    struct vb_span text;
};

/* Where a request is. */
enum vb_mux_state {
    VB_MUX_HEAD, /* its field section is being received */
    VB_MUX_ASKED /* it was handed to the service, or refused for good */
};

/* A stream's exchange, and how far it is. */
struct vb_mux_stream {
    const struct vb_mux_ops *ops;
    struct vb_exchange *x;
    int64_t id;
    struct vb_mux_stream *next_marked; /* behind it, if it is marked */
    struct vb_mux_stream *turn_next;   /* while it is queued */
    struct vb_mux_stream *turn_prev;
    int64_t since; /* when what we wait for began, or moved */
    enum vb_mux_state state;

    /* coming in */
    struct vb_head_builder builder;
    struct vb_span method;
    struct vb_span scheme;
    struct vb_span authority;
    struct vb_span path;
    struct vb_span protocol;
    struct vb_mux_crumb *crumbs; /* of Cookie, and */
    struct vb_mux_crumb **crumbs_end;
    uint64_t section;      /* bytes of fields decoded */
    uint64_t content;      /* bytes of content that have come, */
    uint64_t taken;        /* and that the sink was given */
    struct vb_buf waiting; /* content that it was not given yet */
    struct vb_verdict trailers_why;
    enum vb_err error;  /* what to tell the sink in the end */
    uint8_t pseudo;     /* which pseudo-fields have come: bits */
    bool fields : 1;    /* a field has come that is none */
    bool malformed : 1; /* RFC 9113 section 8.1.1, RFC 9114 section 4.1.2 */
    bool ended : 1;     /* the client has sent all */
    bool failed : 1;    /* or what it sends is of no use any more */
    bool expects : 1;   /* it waits for 100 (Continue), */
    bool continued : 1; /* and was sent that */
    bool wanted : 1;    /* content goes to the sink */
    bool paused : 1;    /* until resume_content */
    bool sink_ended : 1;

    /* going out */
    struct vb_mux_priority priority;
    bool told : 1;            /* that was said by PRIORITY_UPDATE */
    bool queued : 1;          /* for its turn */
    bool marked : 1;          /* for vb_mux_step */
    bool replied : 1;         /* x->reply is complete, */
    bool both : 1;            /* and content goes to the sink all the same; */
    bool switched : 1;        /* with that: it is content no more */
    bool submitted : 1;       /* and the version has its head */
    bool all_sent : 1;        /* and put out its last frame */
    bool deferred : 1;        /* the source has nothing just now */
    bool ready : 1;           /* output_ready came */
    bool closed : 1;          /* the version knows it no more */
    struct vb_span tail;      /* content to be sent next, from where it lies, */
    struct vb_file_part file; /* or this */
    int64_t source_left;      /* bytes the source owes; -1: not known */
};

/* The connection's limit for what is told as the largest field section (RFC
 * 9113 section 6.5.2, RFC 9114 section 4.2.2). */
static inline uint64_t vb_mux_section_max(const struct vb_limits *limits)
{
    return (uint64_t)limits->head.max_fields_size + limits->head.max_target;
}

/* --- run.c: an exchange from its head to its end -------------------------- */

/* A stream that waits for its head; `x` is fresh, and the stream's. Its `id`
 * and `priority` are the version's to set. */
void vb_mux_begin(struct vb_mux_stream *s, const struct vb_mux_ops *ops,
                  struct vb_exchange *x, bool secure);

/* The head is complete: hands it to the service, unless it is malformed; false
 * then. `ended`: no content follows. */
bool vb_mux_ask(struct vb_mux_stream *s, const struct vb_carrier *carrier,
                const struct vb_peer *peer, bool ended);

/* Sends an interim reply (RFC 9110 section 15.2), or nothing. */
void vb_mux_send_interim(struct vb_mux_stream *s, unsigned status,
                         const struct vb_field_out *fields, size_t count);

/* The trailers behind the reply (RFC 9110 section 6.5); false: there are none
 * to be sent. */
bool vb_mux_trailers(const struct vb_mux_stream *s, struct vb_section *section);

/* Does what the marks ask for. Not from within a callback. */
void vb_mux_step(struct vb_mux_stream *s);

/* The client sends no more: what is not complete is refused. Marks. */
void vb_mux_cut_short(struct vb_mux_stream *s);

/* The stream is over, or the connection: gives the exchange back, or abandons
 * it. Nothing of the stream's that lies in it is there any more. */
void vb_mux_end(struct vb_mux_stream *s);

/*
 * When it has waited too long, in env->now.mono_ms. Streams take turns, so one
 * that waits for its own may wait long while content of any, which last did so
 * at `moved`, gets on. `blocked`: its reply has something for the client, and
 * waits for it alone, and so for a window.
 */
int64_t vb_mux_deadline(const struct vb_mux_stream *s, int64_t moved,
                        bool blocked);

/* --- marks.c: which streams have something to be done --------------------- */

/* In the order in which they were marked. */
struct vb_mux_marks {
    struct vb_mux_stream *first;
    struct vb_mux_stream **end;
};

void vb_mux_marks_init(struct vb_mux_marks *marks);
void vb_mux_enlist(struct vb_mux_marks *marks, struct vb_mux_stream *s);
void vb_mux_delist(struct vb_mux_marks *marks, struct vb_mux_stream *s);

/* --- turns.c: whose turn it is to send (RFC 9218 section 10) ---------------
 */

struct vb_mux_turns {
    struct {
        struct vb_mux_stream *first;
        struct vb_mux_stream *last;
    } of[VB_MUX_URGENCIES];
    uint8_t passed; /* turns, counted */
};

/* Queues it, unless it is: it has something to send. */
void vb_mux_turn_join(struct vb_mux_turns *turns, struct vb_mux_stream *s);
void vb_mux_turn_leave(struct vb_mux_turns *turns, struct vb_mux_stream *s);

/* Something of it was sent: others come first now, if they share. `more`: it
 * has something left. */
void vb_mux_turn_pass(struct vb_mux_turns *turns, struct vb_mux_stream *s,
                      bool more);

/* The one whose turn it is; NULL: none. */
struct vb_mux_stream *vb_mux_turn(const struct vb_mux_turns *turns);

/* Changes its place. */
void vb_mux_turn_set(struct vb_mux_turns *turns, struct vb_mux_stream *s,
                     struct vb_mux_priority priority);

/* --- priority.c: what clients say of that ----------------------------------
 */

extern const struct vb_mux_priority vb_mux_priority_default;

/* A Priority field's value, or a PRIORITY_UPDATE's (RFC 9218 section 4): what
 * it says of *priority is changed, unless it cannot be read. */
void vb_mux_priority_parse(struct vb_mux_priority *priority,
                           struct vb_span value);

/* Told for streams that are to come; the oldest is forgotten first. */
struct vb_mux_early {
    struct {
        int64_t id; /* -1: none */
        struct vb_mux_priority priority;
    } at[VB_MUX_EARLY_PRIORITIES];
    uint8_t count; /* of `at` that are set */
    uint8_t next;  /* where the next one goes */
};

void vb_mux_early_init(struct vb_mux_early *early);
void vb_mux_early_keep(struct vb_mux_early *early, int64_t id,
                       struct vb_mux_priority priority);

/* Gives the stream, which is new, its own: that, or the default. */
void vb_mux_early_recall(struct vb_mux_early *early, struct vb_mux_stream *s);

/* --- head.c: from field lines to a head ----------------------------------- */

/* One decoded line of the head; s->malformed, where it cannot come here. False:
 * the connection has to end. */
bool vb_mux_head_field(struct vb_mux_stream *s, struct vb_span name,
                       struct vb_span value, bool guarded);

/* Is all there that a request's head must have (RFC 9113 sections 8.3.1, 8.5,
 * RFC 9114 sections 4.3.1, 4.4)? */
bool vb_mux_head_is_fine(const struct vb_mux_stream *s);

/* The head is complete: the rules that need all of it, and the verdict. */
void vb_mux_head_end(struct vb_mux_stream *s);

/* One decoded line of the trailers; likewise. */
bool vb_mux_trailer_field(struct vb_mux_stream *s, struct vb_span name,
                          struct vb_span value, bool guarded);

/* --- fields.c: what a field section may hold -------------------------------
 */

enum {
    VB_MUX_METHOD = 1,
    VB_MUX_SCHEME = 2,
    VB_MUX_AUTHORITY = 4,
    VB_MUX_PATH = 8,
    VB_MUX_PROTOCOL = 16
};

/* Is this a field line, of any message, that is no pseudo-field (RFC 9113
 * section 8.2, RFC 9114 section 4.2)? */
bool vb_mux_line_is_fine(struct vb_span name, struct vb_span value);

/* May this line come here (RFC 9113 sections 8.2, 8.3, RFC 9114 sections 4.2,
 * 4.3, 10.3)? `head`: else it is of trailers. */
bool vb_mux_field_is_fine(struct vb_mux_stream *s, struct vb_span name,
                          struct vb_span value, bool head);

/* --- content.c: request content -------------------------------------------
 */

/* So much content has come, or will. False: that is more than was announced
 * (RFC 9113 section 8.1.1, RFC 9114 section 4.1.2). */
bool vb_mux_content_counts(struct vb_mux_stream *s, uint64_t n);

/* And is that all that was announced? */
bool vb_mux_content_is_all(const struct vb_mux_stream *s);

/* Bytes have come: to the sink, to wait, or into nothing. */
void vb_mux_content_bytes(struct vb_mux_stream *s, struct vb_span bytes);

/* Gives content up: tells the sink so, in the next step. */
void vb_mux_content_fail(struct vb_mux_stream *s, const struct vb_failure *why);

/* Is what comes for the sink? Not once there is a reply, unless that goes both
 * ways: then until all of it is sent, and in a tunnel until the client ends. */
bool vb_mux_feeds(const struct vb_mux_stream *s);

/* Does the flow wait for content from the client? */
bool vb_mux_receives_content(const struct vb_mux_stream *s);

void vb_mux_content_step(struct vb_mux_stream *s);

/* The reply is decided, and goes both ways. */
void vb_mux_content_both(struct vb_mux_stream *s);

/* RFC 9110 section 10.1.1: unless content is already here, the client may be
 * waiting for this. */
void vb_mux_content_continue(struct vb_mux_stream *s);

/* No more comes: the sink learns that, unless it knows. */
void vb_mux_content_lose(struct vb_mux_stream *s);

/* Throws away what waits, and opens the windows for it. */
void vb_mux_content_drop(struct vb_mux_stream *s);

/* --- section.c: field sections of ours -------------------------------
 */

/* Field lines, :status first, names in lower case (RFC 9113 section 8.2, RFC
 * 9114 section 4.2). They live as long as the exchange, but for those of an
 * interim reply. */
struct vb_section {
    struct vb_arena *arena;
    struct vb_field_out *at;
    size_t count;
    size_t cap;
    const struct vb_fields *as_came; /* which of them are guarded; or NULL */
    bool failed;                     /* out of memory */
};

/* May no table have this line, as it came? */
static inline bool vb_section_guards(const struct vb_section *section,
                                     const struct vb_field_out *field)
{
    return section->as_came != NULL && section->as_came->guarded &&
           vb_fields_guard(section->as_came, field->name);
}

/* That of x->reply; false when out of memory. */
bool vb_section_reply(struct vb_section *section, struct vb_exchange *x,
                      const struct vb_plan *plan);

/* That of an interim reply (RFC 9110 section 15.2); likewise. */
bool vb_section_interim(struct vb_section *section, struct vb_exchange *x,
                        unsigned status, const struct vb_field_out *fields,
                        size_t count);

/* That of a request; `path`: :path, or "" with CONNECT; likewise. */
bool vb_section_request(struct vb_section *section, const struct vb_call *call,
                        struct vb_span path);

/* Those of what may be trailers, perhaps none; likewise. */
bool vb_section_trailers(struct vb_section *section, struct vb_arena *arena,
                         const struct vb_fields *fields);

/* --- source.c: where a reply's content comes from --------------------------
 */

/* Finds out; false: it has none. */
bool vb_mux_source_begin(struct vb_mux_stream *s);

/* With nothing in `tail` and `file`: what comes next is there then. */
enum vb_pull vb_mux_source_pull(struct vb_mux_stream *s);

/* Reads n bytes of `file`; false when it has not got them any more. */
bool vb_mux_read_file(struct vb_mux_stream *s, char *to, size_t n);

/* --- carrier.c: what an exchange asks of its wire --------------------------
 */

/* For a struct vb_carrier whose carrier_data is a struct vb_mux_stream. */
void vb_mux_want_content(struct vb_exchange *x);
void vb_mux_resume_content(struct vb_exchange *x);
void vb_mux_interim(struct vb_exchange *x, unsigned status,
                    const struct vb_field_out *fields, size_t count);
void vb_mux_reply(struct vb_exchange *x);
void vb_mux_output_ready(struct vb_exchange *x);

/* All of them: the initializer of a version's struct vb_carrier. */
#define VB_MUX_CARRIER(name)                                                   \
    {                                                                          \
        .protocol = (name), .want_content = vb_mux_want_content,               \
        .resume_content = vb_mux_resume_content, .interim = vb_mux_interim,    \
        .reply = vb_mux_reply, .output_ready = vb_mux_output_ready,            \
    }

/* --- memory.c: env->heap, for nghttp2_mem and nghttp3_mem ------------------
 */

void *vb_mux_malloc(size_t size, void *heap);
void *vb_mux_calloc(size_t count, size_t size, void *heap);
void *vb_mux_realloc(void *at, size_t size, void *heap);
void vb_mux_free(void *at, void *heap);

/* --- budget.c: what a client may cost beside what it asks for ------------- */

enum {
    VB_MUX_BUDGET_MAX = 1000, /* at first, and at most */
    VB_MUX_BUDGET_PER_S = 50, /* it grows by */
    VB_COST_FRAME = 1,        /* a frame that asks for nothing */
    VB_COST_RESET = 4,        /* a stream that did not come to its end */
    VB_GAIN_REPLY = 2         /* one that did */
};

struct vb_mux_budget {
    int64_t at; /* mono_ms when `left` was right */
    int32_t left;
};

void vb_mux_budget_init(struct vb_mux_budget *budget, int64_t now_ms);

/* False when it is used up. */
bool vb_mux_budget_spend(struct vb_mux_budget *budget, int64_t now_ms,
                         int32_t cost);
void vb_mux_budget_gain(struct vb_mux_budget *budget, int32_t gain);

#endif
