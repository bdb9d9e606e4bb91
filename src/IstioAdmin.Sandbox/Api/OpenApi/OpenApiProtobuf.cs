using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.OpenApi;

/// <summary>
/// Writes an OpenAPI 2 document in the protocol buffers that kubectl asks for. The numbers are those of the fields in gnostic's <c>OpenAPIv2.proto</c>.
/// </summary>
internal static class OpenApiProtobuf
{
    /// <summary>The document's bytes.</summary>
    public static byte[] Write(JsonObject document) => Message(writer =>
    {
        writer.Text(1, document["swagger"]);
        writer.Nested(2, message =>
        {
            message.Text(1, document.At("info.title"));
            message.Text(2, document.At("info.version"));
        });
        writer.Nested(8, paths =>
        {
            foreach ((string path, JsonNode? item) in document["paths"] as JsonObject ?? [])
                paths.Named(2, path, message => PathItem(message, (JsonObject)item!));
        });
        writer.Nested(9, definitions =>
        {
            foreach ((string name, JsonNode? schema) in document["definitions"] as JsonObject ?? [])
                definitions.Named(1, name, message => Schema(message, (JsonObject)schema!));
        });
    });

    private static void PathItem(Writer writer, JsonObject item)
    {
        if (item["patch"] is not JsonObject patch)
            return;
        writer.Nested(8, operation =>
        {
            operation.Text(5, patch["operationId"]);
            operation.Texts(6, patch["produces"]);
            operation.Texts(7, patch["consumes"]);
            foreach (JsonObject parameter in (patch["parameters"] as JsonArray ?? []).OfType<JsonObject>())
                operation.Nested(8, each => each.Nested(1, one => one.Nested(2, plain => plain.Nested(3, query => QueryParameter(query, parameter)))));
            operation.Nested(9, responses =>
            {
                foreach ((string code, JsonNode? response) in patch["responses"] as JsonObject ?? [])
                    responses.Named(1, code, value => value.Nested(1, text => text.Text(1, response.At("description"))));
            });
            Extensions(operation, 13, patch);
        });
    }

    private static void QueryParameter(Writer writer, JsonObject parameter)
    {
        writer.Text(2, parameter["in"]);
        writer.Text(4, parameter["name"]);
        writer.Text(6, parameter["type"]);
        writer.Flag(18, parameter["uniqueItems"]);
    }

    private static void Schema(Writer writer, JsonObject schema)
    {
        writer.Text(1, schema["$ref"]);
        writer.Text(2, schema["format"]);
        writer.Text(3, schema["title"]);
        writer.Text(4, schema["description"]);
        writer.Number(6, schema["multipleOf"]);
        writer.Number(7, schema["maximum"]);
        writer.Flag(8, schema["exclusiveMaximum"]);
        writer.Number(9, schema["minimum"]);
        writer.Flag(10, schema["exclusiveMinimum"]);
        writer.Whole(11, schema["maxLength"]);
        writer.Whole(12, schema["minLength"]);
        writer.Text(13, schema["pattern"]);
        writer.Whole(14, schema["maxItems"]);
        writer.Whole(15, schema["minItems"]);
        writer.Flag(16, schema["uniqueItems"]);
        writer.Whole(17, schema["maxProperties"]);
        writer.Whole(18, schema["minProperties"]);
        writer.Texts(19, schema["required"]);
        foreach (JsonNode? value in schema["enum"] as JsonArray ?? [])
            writer.Nested(20, any => any.Yaml(value));
        if (schema["additionalProperties"] is JsonObject values)
            writer.Nested(21, item => item.Nested(1, message => Schema(message, values)));
        if (schema["type"] is { } type)
            writer.Nested(22, item => item.Text(1, type));
        if (schema["items"] is JsonObject items)
            writer.Nested(23, item => item.Nested(1, message => Schema(message, items)));
        if (schema["properties"] is JsonObject properties)
        {
            writer.Nested(25, item =>
            {
                foreach ((string name, JsonNode? property) in properties)
                    item.Named(1, name, message => Schema(message, (JsonObject)property!));
            });
        }
        Extensions(writer, 31, schema);
    }

    private static void Extensions(Writer writer, int field, JsonObject owner)
    {
        foreach ((string name, JsonNode? value) in owner.Where(each => each.Key.StartsWith("x-", StringComparison.Ordinal)))
            writer.Named(field, name, any => any.Yaml(value));
    }

    private static byte[] Message(Action<Writer> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(new Writer(output));
        return bytes.ToArray();
    }

    private sealed class Writer(CodedOutputStream output)
    {
        public void Text(int field, JsonNode? text)
        {
            if (text.Text() is { } value)
                Text(field, value);
        }

        public void Texts(int field, JsonNode? texts)
        {
            foreach (string text in texts.Texts() ?? [])
                Text(field, text);
        }

        public void Flag(int field, JsonNode? flag)
        {
            if (flag.Flag() != true)
                return;
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteBool(true);
        }

        public void Whole(int field, JsonNode? number)
        {
            if (number is not { } value || value.GetValueKind() != JsonValueKind.Number)
                return;
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt64((long)value.GetValue<double>());
        }

        public void Number(int field, JsonNode? number)
        {
            if (number is not { } value || value.GetValueKind() != JsonValueKind.Number)
                return;
            output.WriteTag(field, WireFormat.WireType.Fixed64);
            output.WriteDouble(value.GetValue<double>());
        }

        // JSON is YAML.
        public void Yaml(JsonNode? value) => Text(2, (value?.ToJsonString() ?? "null") + "\n");

        public void Nested(int field, Action<Writer> write)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(Message(write)));
        }

        public void Named(int field, string name, Action<Writer> write) => Nested(field, pair =>
        {
            pair.Text(1, name);
            pair.Nested(2, write);
        });

        private void Text(int field, string text)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(text);
        }
    }
}
