/*
 * Commits of one client that are made together, in one transaction.
 *
 *     commit ──▶ waiting ──▶ group ──▶ BEGIN, locks, look ──▶ judge each one
 *                   ▲                                              │
 *                   └── once more ◀── refused by the database      ▼
 *                                              write all that may be, COMMIT
 *
 * Two round trips for a group: what is looked at (survey.c) is the judge's view
 * (view.c), and what it lets pass is written (write.c). Where all of them
 * change one record each and no more, it is one: the database itself lets all
 * pass or none (short.c). Commits that touch the same things are never in one
 * group (footprint.c): so each is judged by what there was before it.
 *
 * Locks are taken in this order by everybody: collections by key, records by
 * key, targets of references; before them the client's own row of `writer`, or
 * on the short way after them, which nobody else waits for. Whatever meets
 * nevertheless is told by the database (a deadlock, a unique key), and done
 * again.
 *
 * All of it is one worker's.
 */
#ifndef VB_STORAGE_POSTGRES_GROUP_H
#define VB_STORAGE_POSTGRES_GROUP_H

#include "storage/judge.h"
#include "storage/postgres/state.h"
#include "storage/postgres/writer.h"

/* Commits of one group, and bytes of content beyond which it takes no more. */
#define VB__PG_GROUP_MOST  64
#define VB__PG_GROUP_BYTES ((size_t)4 * 1024 * 1024)

/* A commit that waits, or is one of the group's. */
struct vb__pg_item {
    struct vb_commit *commit;
    int64_t deadline_ms; /* monotonic */
    unsigned tries;      /* how often the database has refused its group */
    bool alone;          /* it is to have a group of its own */
    bool whole_way;      /* the short one (short.h) has refused it */

    /* In a group, when it has been judged: */
    enum vb_err err; /* VB_OK: it is written */
    struct vb__plan plan;
    uint64_t revision;
};

/* Names that are asked for, in the arena. */
struct vb__pg_names {
    struct vb_span *at;
    size_t count;
};

/* A record that the group looks at, and what it found. */
struct vb__pg_known {
    struct vb_span key;
    int64_t kind; /* 0: there is no row */
    int64_t revision;
    int64_t position;
    int64_t created_ms;
    int64_t blob;
    int64_t ties;
    struct vb_span parent;
};

/* A collection that it has locked, and what becomes of it. */
struct vb__pg_tally {
    struct vb_span key;
    int64_t revision;
    int64_t count;
    int64_t modified_ms;
    bool touched;
};

/* A row of two names: a claim and its holder, a target and its source, a
 * collection and its member. */
struct vb__pg_pair {
    struct vb_span scope; /* of a claim */
    struct vb_span one;   /* its value; the target; the collection */
    struct vb_span two;
};

struct vb__pg_pairs {
    struct vb__pg_pair *at; /* by scope and `one` */
    size_t count;
};

struct vb__pg_memo {
    struct vb_span name;
    int64_t expires_ms;
    struct vb_span bytes; /* up to VB_MEMO_OVER_MAX; of a longer one "" */
};

struct vb__pg_blob {
    int64_t blob;
    int64_t last;   /* the part that must be its last */
    int64_t length; /* of that; -1: it is not there */
    bool beyond;    /* there is another one */
    bool loose;
};

/* What is asked for, and found, on the first of the two trips. */
struct vb__pg_survey {
    struct vb__pg_names new_parents; /* collections that may have to be made */
    struct vb__pg_names parents;     /* given, or required */
    struct vb__pg_names keys;        /* that are written */
    struct vb__pg_names targets;     /* and no keys */
    struct vb__pg_names claim_scopes, claim_values;
    struct vb__pg_names deleted;
    struct vb__pg_names empty; /* collections that must be */
    struct vb__pg_names memo_names;
    struct vb__pg_blob *blobs;
    size_t blob_count;
    bool deletes;
    size_t most; /* changes of one commit */

    struct vb__pg_known *known; /* by key */
    size_t known_count;
    struct vb__pg_tally *tallies; /* by key */
    size_t tally_count;
    struct vb__pg_pairs claims, sources, members;
    struct vb__pg_memo *memos;
    size_t memo_count;
    /* Keys of others that have an id beyond those of `known`. */
    struct vb_span *strangers;
    size_t stranger_count, stranger_room;
};

/* Columns of rows as arrays, and with them the parameters of a statement. */
#define VB__PG_COLUMNS 12

struct vb__pg_columns {
    struct vb_buf bufs[VB__PG_COLUMNS];
    unsigned count;
    struct vb__pg_params params;
    enum vb_err err; /* of any of its statements */
};

/* Rows of a statement, which are structures of ours: which fields it takes, in
 * its order, up to one that is nothing. */
struct vb__pg_field {
    enum { VB__PG_NO_FIELD, VB__PG_INT_FIELD, VB__PG_BYTES_FIELD } kind;
    size_t at;
};

struct vb__pg_layout {
    enum vb__pg_statement statement;
    size_t size; /* of the structure */
    struct vb__pg_field fields[VB__PG_COLUMNS + 1];
};

/* An int64_t, and a struct vb_span. */
#define VB__PG_INT(type, field)                                                \
    {                                                                          \
        VB__PG_INT_FIELD, offsetof(struct type, field)                         \
    }
#define VB__PG_BYTES(type, field)                                              \
    {                                                                          \
        VB__PG_BYTES_FIELD, offsetof(struct type, field)                       \
    }

enum vb__pg_phase {
    VB__PG_GROUP_IDLE,
    VB__PG_GROUP_REGISTERING, /* its client as a writer */
    VB__PG_GROUP_AT_ONCE,     /* looking and writing: the short way */
    VB__PG_GROUP_LOOKING,
    VB__PG_GROUP_WRITING,
    VB__PG_GROUP_UNDOING, /* nobody has come after a group that wrote nothing */
    VB__PG_GROUP_RESOLVING, /* was it committed? */
};

struct vb__pg_footprint {
    uint64_t *slots; /* what is touched, by hash; 0: free */
    size_t mask;
    size_t count;
};

/* Statements of one trip. */
#define VB__PG_TRIP_MOST 40

struct vb__pg_group {
    struct vb__pg_client *client;
    struct vb__pg_writer writer;
    struct vb__pg_item *waiting; /* room for VB__PG_WAITING_MOST and a group */
    size_t waiting_count, waiting_room;

    struct vb__pg_item items[VB__PG_GROUP_MOST];
    size_t count;
    size_t accepted;
    enum vb__pg_phase phase;
    bool is_short; /* it goes the short way */
    struct vb__pg_ask ask;
    unsigned char sent[VB__PG_TRIP_MOST]; /* enum vb__pg_statement */
    unsigned sent_count;
    struct vb_arena arena;
    struct vb__pg_footprint footprint;
    struct vb__pg_survey survey;
    struct vb__pg_columns columns;
    bool keeps_history;  /* since it was formed */
    uint64_t muted;      /* its last revision that no history was kept of; 0:
                            there is none since that was said */
    uint64_t cost;       /* of what it adds to the history, about */
    uint64_t floor;      /* it has taken revisions up to there */
    bool raises;         /* that is to be written once more */
    uint64_t serial;     /* of the connection with its transaction */
    bool open;           /* it may be, there */
    bool lost;           /* the transaction is gone with its connection */
    bool unknown;        /* the writer's row is gone */
    uint64_t granted;    /* what the short way has taken revisions up to; */
    uint64_t done;       /* and a bit for each commit that it has made */
    int64_t found_batch; /* what WRITER_BATCH said */
};

/* --- group.c: for the steps of it */

/* Sends one, and keeps in mind which it was. NULL: no parameters. */
void vb__pg_group_send(struct vb__pg_group *group,
                       enum vb__pg_statement statement,
                       const struct vb__pg_params *params);
/* The same with rows for its parameters; without any it is not sent. */
void vb__pg_group_send_rows(struct vb__pg_group *group,
                            const struct vb__pg_layout *layout,
                            const void *rows, size_t count);

/* --- waiting.c */

/* It is over for this commit. */
void vb__pg_group_answer(const struct vb__pg_item *item, enum vb_err err);
/* It is over for those that have waited for too long. */
void vb__pg_group_answer_late(struct vb__pg_group *group);
/* The group's commits are the first of those that wait. */
void vb__pg_group_put_back(struct vb__pg_group *group);
/* Takes those that can be made together. False: no memory for the first one. */
bool vb__pg_group_form(struct vb__pg_group *group);
/* The earliest of them; monotonic. */
int64_t vb__pg_group_deadline(const struct vb__pg_group *group);

/* --- footprint.c */

/* Begins anew, with room for this commit; false: no memory. */
bool vb__pg_footprint_begin(struct vb__pg_group *group,
                            const struct vb_commit *commit);
/* Adds the commit to it. False: it meets another one, or there is no room. */
bool vb__pg_footprint_add(struct vb__pg_group *group,
                          const struct vb_commit *commit);

/* --- columns.c */

void vb__pg_columns_begin(struct vb__pg_columns *columns);
/* A column: a field of each of `count` structures of this size. */
void vb__pg_columns_ints(struct vb__pg_columns *columns, const int64_t *first,
                         size_t size, size_t count);
void vb__pg_columns_spans(struct vb__pg_columns *columns,
                          const struct vb_span *first, size_t size,
                          size_t count);
/* A column for each field of a layout. */
void vb__pg_columns_rows(struct vb__pg_columns *columns,
                         const struct vb__pg_layout *layout, const void *rows,
                         size_t count);
void vb__pg_columns_done(struct vb__pg_columns *columns);
/* Gives memory back that is not usual. */
void vb__pg_columns_trim(struct vb__pg_columns *columns);

/* --- survey.c */

/* How much there is of each in its commits, and changes of one at the most. */
struct vb__pg_sums {
    size_t changes, claims, references, memos, most;
};

struct vb__pg_sums vb__pg_group_sums(const struct vb__pg_group *group);

/* What the group's commits need to know. False: no memory. */
bool vb__pg_survey_begin(struct vb__pg_group *group);
/* Forgets what was found, and sends what asks for it. */
void vb__pg_survey_send(struct vb__pg_group *group);
/* Asks for the records that it writes, as they are now; locks nothing. */
void vb__pg_survey_send_see(struct vb__pg_group *group);
/* Takes a result. */
void vb__pg_survey_take(struct vb__pg_group *group,
                        enum vb__pg_statement statement,
                        const PGresult *result);
struct vb__pg_known *vb__pg_survey_known(const struct vb__pg_survey *survey,
                                         struct vb_span key);
struct vb__pg_tally *vb__pg_survey_tally(const struct vb__pg_survey *survey,
                                         struct vb_span key);
/* Where those with these names begin; `count` where there are none. */
size_t vb__pg_pairs_find(const struct vb__pg_pairs *pairs, struct vb_span scope,
                         struct vb_span one);
/* Does it have all collections of the records that it has found? One may have
 * moved between the two statements. */
bool vb__pg_survey_is_whole(const struct vb__pg_survey *survey);
/* The greatest revision that it has seen. */
uint64_t vb__pg_survey_newest(const struct vb__pg_survey *survey);

/* --- view.c */

struct vb__pg_view {
    struct vb__view base;
    struct vb__pg_group *group;
};

struct vb__pg_view vb__pg_view(struct vb__pg_group *group);
/* The id is of this record, which is not 0. */
struct vb__pg_known *vb__pg_view_known(const struct vb__pg_group *group,
                                       uint64_t id);

/* --- write.c */

/* Sends all that the accepted commits write. Their revisions are given, and
 * their positions are set. */
void vb__pg_write_send(struct vb__pg_group *group);

/* Tells each commit what it has led to: it is durable. */
void vb__pg_write_publish(struct vb__pg_group *group);

/* It may be durable, and nobody can know: what is kept at hand of what it would
 * have changed counts no more. */
void vb__pg_write_doubt(struct vb__pg_group *group);

/* Has it changed what no history was kept of, which is to be said first? */
bool vb__pg_group_has_gap(const struct vb__pg_group *group);
/* What is under this key is another thing now: its generation. */
uint64_t vb__pg_group_bump(struct vb__pg_group *group, struct vb_span key);

#endif
