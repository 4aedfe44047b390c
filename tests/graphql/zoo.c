/* The specification's animals. See zoo.h. */
#include "zoo.h"

#include "unit.h"

static const struct {
    enum vb_gql_type_kind kind;
    const char *name;
} types[] = {
    {VB_GQL_TYPE_OBJECT, "Query"},        {VB_GQL_TYPE_OBJECT, "Mutation"},
    {VB_GQL_TYPE_OBJECT, "Subscription"}, {VB_GQL_TYPE_INTERFACE, "Sentient"},
    {VB_GQL_TYPE_INTERFACE, "Pet"},       {VB_GQL_TYPE_OBJECT, "Dog"},
    {VB_GQL_TYPE_OBJECT, "Alien"},        {VB_GQL_TYPE_OBJECT, "Human"},
    {VB_GQL_TYPE_OBJECT, "Cat"},          {VB_GQL_TYPE_UNION, "CatOrDog"},
    {VB_GQL_TYPE_UNION, "DogOrHuman"},    {VB_GQL_TYPE_UNION, "HumanOrAlien"},
    {VB_GQL_TYPE_ENUM, "DogCommand"},     {VB_GQL_TYPE_ENUM, "CatCommand"},
    {VB_GQL_TYPE_OBJECT, "Arguments"},    {VB_GQL_TYPE_INPUT, "ComplexInput"},
    {VB_GQL_TYPE_INPUT, "OwnerInput"},    {VB_GQL_TYPE_OBJECT, "Message"},
    {VB_GQL_TYPE_SCALAR, "JSON"},
};

static const struct {
    const char *type, *member;
} members[] = {
    {"Pet", "Dog"},
    {"Pet", "Cat"},
    {"Sentient", "Human"},
    {"Sentient", "Alien"},
    {"CatOrDog", "Cat"},
    {"CatOrDog", "Dog"},
    {"DogOrHuman", "Dog"},
    {"DogOrHuman", "Human"},
    {"HumanOrAlien", "Human"},
    {"HumanOrAlien", "Alien"},
};

static const struct {
    const char *type, *value;
} values[] = {
    {"DogCommand", "SIT"},
    {"DogCommand", "DOWN"},
    {"DogCommand", "HEEL"},
    {"CatCommand", "JUMP"},
};

static const struct {
    const char *type, *text;
} fields[] = {
    {"Query", "dog: Dog"},
    {"Query", "human: Human"},
    {"Query", "pet: Pet"},
    {"Query", "catOrDog: CatOrDog"},
    {"Query", "arguments: Arguments"},
    {"Query", "findDog(complex: ComplexInput): Dog"},
    {"Query", "booleanList(booleanListArg: [Boolean!]): Boolean"},
    {"Query", "any(json: JSON): JSON"},
    {"Mutation", "rename(name: String!): Dog"},
    {"Subscription", "newMessage: Message"},
    {"Subscription", "disallowedSecondRootField: Boolean"},
    {"Message", "body: String"},
    {"Message", "sender: String"},
    {"Sentient", "name: String!"},
    {"Pet", "name: String!"},
    {"Dog", "name: String!"},
    {"Dog", "nickname: String"},
    {"Dog", "barkVolume: Int"},
    {"Dog", "doesKnowCommand(dogCommand: DogCommand!): Boolean!"},
    {"Dog", "isHouseTrained(atOtherHomes: Boolean): Boolean!"},
    {"Dog", "owner: Human"},
    {"Alien", "name: String!"},
    {"Alien", "homePlanet: String"},
    {"Human", "name: String!"},
    {"Human", "pets: [Pet!]"},
    {"Cat", "name: String!"},
    {"Cat", "nickname: String"},
    {"Cat", "doesKnowCommand(catCommand: CatCommand!): Boolean!"},
    {"Cat", "meowVolume: Int"},
    {"Arguments", "multipleRequirements(x: Int!, y: Int!): Int!"},
    {"Arguments", "booleanArgField(booleanArg: Boolean): Boolean"},
    {"Arguments", "floatArgField(floatArg: Float): Float"},
    {"Arguments", "intArgField(intArg: Int): Int"},
    {"Arguments", "idArgField(idArg: ID): ID"},
    {"Arguments", "stringArgField(stringArg: String): String"},
    {"Arguments",
     "nonNullBooleanArgField(nonNullBooleanArg: Boolean!): Boolean!"},
    {"Arguments", "booleanListArgField(booleanListArg: [Boolean]!): [Boolean]"},
    {"Arguments",
     "optionalNonNullBooleanArgField(optionalBooleanArg: Boolean! = false): "
     "Boolean!"},
};

struct vb_gql_schema *zoo_new(vb_gql_resolve_fn *resolve)
{
    struct vb_gql_schema *schema;
    struct vb_gql_type *type;

    assert_int_equal(vb_gql_schema_new(1 << 20, &schema), VB_OK);
    for (size_t i = 0; i < VB_COUNT_OF(types); i++)
        vb_gql_add_type(schema, types[i].kind, vb_span_str(types[i].name));
    for (size_t i = 0; i < VB_COUNT_OF(members); i++)
        vb_gql_add_member(
            schema, vb_gql_find_type(schema, vb_span_str(members[i].type)),
            vb_gql_find_type(schema, vb_span_str(members[i].member)));
    for (size_t i = 0; i < VB_COUNT_OF(values); i++)
        vb_gql_add_value(schema,
                         vb_gql_find_type(schema, vb_span_str(values[i].type)),
                         vb_span_str(values[i].value));
    for (size_t i = 0; i < VB_COUNT_OF(fields); i++)
        vb_gql_define_field(
            schema, vb_gql_find_type(schema, vb_span_str(fields[i].type)),
            fields[i].text, resolve);
    type = vb_gql_find_type(schema, VB_SPAN("OwnerInput"));
    vb_gql_define_inputs(schema, &type->inputs, "name: String!, age: Int");
    type = vb_gql_find_type(schema, VB_SPAN("ComplexInput"));
    vb_gql_define_inputs(schema, &type->inputs,
                         "name: String, owner: String, age: Int = 3, "
                         "tags: [String!], in: ComplexInput, by: OwnerInput, "
                         "must: Boolean! = true");
    schema->query = vb_gql_find_type(schema, VB_SPAN("Query"));
    schema->mutation = vb_gql_find_type(schema, VB_SPAN("Mutation"));
    schema->subscription = vb_gql_find_type(schema, VB_SPAN("Subscription"));
    assert_false(schema->failed);
    return schema;
}
