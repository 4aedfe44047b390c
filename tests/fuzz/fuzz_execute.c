/*
 * What a valid document asks for can be executed, whatever its host answers
 * and in which order: it ends, and the response is JSON of which data is null
 * only where there is an error or the host said so. Bytes before the first NUL
 * are what the host decides by; what follows is the document.
 */
#include "base/assert.h"
#include "content/json.h"
#include "graphql/execute.h"
#include "graphql/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CALLS_MOST 8

/* --- chance --------------------------------------------------------------- */

struct chance {
    struct vb_span bytes;
    uint32_t state;
};

static uint32_t draw(struct chance *chance, uint32_t below)
{
    size_t at = chance->state % (chance->bytes.len + 1);
    uint32_t byte =
        at < chance->bytes.len ? (unsigned char)chance->bytes.ptr[at] : 0;

    chance->state = chance->state * 1664525u + 1013904223u + byte;
    return (chance->state >> 8) % below;
}

/* --- types ---------------------------------------------------------------- */

static const char *const fields[][2] = {
    {"Node", "id: ID!"},
    {"Node", "of: Node"},
    {"A", "id: ID!"},
    {"A", "of: Node"},
    {"A", "int(x: Int = 1, in: In): Int"},
    {"A", "long: Long!"},
    {"A", "list(first: Int): [Any!]"},
    {"A", "e: E"},
    {"B", "id: ID!"},
    {"B", "of: Node"},
    {"B", "float: Float!"},
    {"B", "lists: [[String!]]!"},
    {"B", "json: JSON"},
    {"Q", "a: A"},
    {"Q", "b(must: Boolean!): B!"},
    {"Q", "node: Node"},
    {"Q", "any(first: Int): [Any]"},
    {"Q", "is: Boolean"},
};

static struct vb_gql_type *find(struct vb_gql_schema *schema, const char *name)
{
    return vb_gql_find_type(schema, vb_span_str(name));
}

static struct vb_gql_schema *make_schema(void)
{
    static const struct {
        enum vb_gql_type_kind kind;
        const char *name;
    } types[] = {
        {VB_GQL_TYPE_OBJECT, "Q"},    {VB_GQL_TYPE_OBJECT, "A"},
        {VB_GQL_TYPE_OBJECT, "B"},    {VB_GQL_TYPE_INTERFACE, "Node"},
        {VB_GQL_TYPE_UNION, "Any"},   {VB_GQL_TYPE_ENUM, "E"},
        {VB_GQL_TYPE_INPUT, "In"},    {VB_GQL_TYPE_SCALAR, "JSON"},
        {VB_GQL_TYPE_SCALAR, "Long"},
    };
    struct vb_gql_schema *schema;

    vb_assert(vb_gql_schema_new(1 << 20, &schema) == VB_OK);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        vb_gql_add_type(schema, types[i].kind, vb_span_str(types[i].name));
    find(schema, "Long")->scalar = VB_GQL_SCALAR_LONG;
    for (int i = 0; i < 2; i++) {
        struct vb_gql_type *abstract = find(schema, i == 0 ? "Node" : "Any");

        vb_gql_add_member(schema, abstract, find(schema, "A"));
        vb_gql_add_member(schema, abstract, find(schema, "B"));
    }
    vb_gql_add_value(schema, find(schema, "E"), VB_SPAN("X"));
    vb_gql_add_value(schema, find(schema, "E"), VB_SPAN("Y"));
    vb_gql_define_inputs(schema, &find(schema, "In")->inputs,
                         "a: Int = 1, b: [In!], c: ID!");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        vb_gql_define_field(schema, find(schema, fields[i][0]), fields[i][1],
                            NULL);
    schema->query = schema->mutation = schema->subscription = find(schema, "Q");
    vb_assert(!schema->failed);
    return schema;
}

/* --- answers -------------------------------------------------------------- */

struct answering {
    struct vb_gql_schema *schema;
    struct chance *chance;
    struct vb_arena *arena;
};

static struct vb_gql_result leaf(struct chance *chance)
{
    static const char *const texts[] = {
        "0",     "-7",       "2147483648", "1.0", "1e400", "true",
        "false", "[1,null]", "\"a\"",      "{}",  "null"};

    if (draw(chance, 2) == 0)
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_TEXT,
                                      .text = VB_SPAN("X")};
    return (struct vb_gql_result){
        .kind = VB_GQL_RESULT_JSON,
        .text =
            vb_span_str(texts[draw(chance, sizeof(texts) / sizeof(texts[0]))]),
    };
}

static struct vb_gql_result answer(const struct answering *a,
                                   const struct vb_gql_shape *shape)
{
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_LIST};
    uint32_t what = draw(a->chance, 32);

    if (what == 0)
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_ERROR,
                                      .text = VB_SPAN("broken")};
    if (what == 1)
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_NULL};
    if (what == 2 || (shape->of == NULL && !vb_gql_is_composite(shape->type)))
        return leaf(a->chance);
    if (shape->of == NULL)
        return (struct vb_gql_result){
            .kind = VB_GQL_RESULT_OBJECT,
            .object = a,
            .type = what == 3 ? find(a->schema, "Q")
                    : shape->type->kind == VB_GQL_TYPE_OBJECT
                        ? NULL
                        : find(a->schema, what < 18 ? "A" : "B"),
        };
    result.count = draw(a->chance, 4);
    result.items =
        vb_arena_calloc(a->arena, result.count, sizeof(*result.items));
    for (size_t i = 0; result.items != NULL && i < result.count; i++)
        result.items[i] = answer(a, shape->of);
    if (result.items == NULL)
        result.kind = VB_GQL_RESULT_NULL;
    return result;
}

static void answer_all(const struct answering *a,
                       struct vb_gql_execution *execution)
{
    struct vb_gql_call *open[CALLS_MOST];
    size_t count = 0;

    do {
        uint32_t one;

        while (count < CALLS_MOST && draw(a->chance, 4) > 0 &&
               (open[count] = vb_gql_execution_next(execution)) != NULL)
            count++;
        if (count == 0)
            continue;
        one = draw(a->chance, (uint32_t)count);
        vb_assert(open[one]->count > 0);
        for (size_t i = 0; i < open[one]->count; i++) {
            vb_assert(open[one]->results[i].kind == VB_GQL_RESULT_NULL);
            open[one]->results[i] = answer(a, open[one]->field->shape);
        }
        vb_gql_execution_complete(execution, open[one]);
        open[one] = open[--count];
    } while (count > 0 || !vb_gql_execution_is_over(execution));
    vb_assert(vb_gql_execution_next(execution) == NULL);
}

/* --- responses ------------------------------------------------------------ */

static void judge(const struct vb_gql_errors *errors,
                  const struct vb_gql_execution *execution)
{
    const struct vb_json_limits limits = {1 << 28, 1 << 29, VB_JSON_DEPTH_MOST};
    struct vb_json *json;
    yyjson_val *data;
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 26);
    vb_gql_response_write(&buf, errors, execution);
    if (buf.err == VB_OK) {
        vb_assert(vb_json_parse(vb_buf_span(&buf), &limits, &json, NULL) ==
                  VB_OK);
        data = vb_json_member(json->root, VB_SPAN("data"));
        vb_assert((data != NULL) == (execution != NULL));
        vb_assert(yyjson_is_obj(data) ||
                  vb_json_member(json->root, VB_SPAN("errors")) != NULL);
        vb_json_free(json);
    }
    vb_buf_done(&buf);
}

static void execute(struct vb_arena *arena, struct chance *chance,
                    struct vb_span text)
{
    static struct vb_gql_schema *schema; /* reachable until the end */
    struct vb_gql_execution *execution = NULL;
    struct vb_gql_request request = {0};
    struct vb_gql_errors errors;
    struct answering a;

    if (schema == NULL)
        schema = make_schema();
    a = (struct answering){schema, chance, arena};
    vb_gql_errors_init(&errors, arena);
    request.schema = schema;
    if (vb_gql_parse(arena, text, NULL, &errors, &request.document) != VB_OK ||
        vb_gql_validate(schema, request.document, NULL, &errors) != VB_OK)
        return;
    if (request.document->operations != NULL)
        request.operation = request.document->operations->name;
    if (vb_gql_execute(&request, &errors, &execution) == VB_OK)
        answer_all(&a, execution);
    else
        vb_assert(errors.count > 0 || arena->failed);
    if (execution != NULL || errors.count > 0)
        judge(&errors, execution);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    ssize_t end = vb_span_find(text, '\0', 0);
    struct chance chance;
    struct vb_arena arena;

    if (size > 1 << 14)
        return 0;
    chance = (struct chance){vb_span_head(text, end < 0 ? 0 : (size_t)end), 1};
    vb_arena_init(&arena, 4096, 1 << 23);
    execute(&arena, &chance, vb_span_from(text, end < 0 ? 0 : (size_t)end + 1));
    vb_arena_done(&arena);
    return 0;
}
