using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;

namespace IstioAdmin.Sandbox.Api.Wire;

/// <summary>
/// Reads objects that clients send in protocol buffers: kubectl does so for built-in kinds. Answers are always JSON, which those clients take as well.
/// </summary>
internal static class ProtobufObjects
{
    /// <summary>The type of the content.</summary>
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    private const int Deepest = 100;

    // What each such content begins with (apimachinery/pkg/runtime/serializer/protobuf).
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Reads an object.</summary>
    /// <exception cref="ApiException">400: it cannot be read; 415: its kind is not known.</exception>
    public static JsonObject Read(byte[] content)
    {
        if (!content.AsSpan().StartsWith(Magic))
            throw Unreadable("the content does not begin with the bytes of Kubernetes' protocol buffers");
        try
        {
            (string apiVersion, string kind, byte[] raw) = ReadEnvelope(content.AsSpan(Magic.Length).ToArray());
            MessageType type = MessageTypes.FindKind(apiVersion, kind) ?? throw new ApiException(
                415, "UnsupportedMediaType", $"The sandbox does not know {kind} of {apiVersion} in protocol buffers; send JSON.");
            JsonObject item = new() { ["kind"] = kind, ["apiVersion"] = apiVersion };
            ReadMessage(raw, type, item, 0);
            // As if it had come as JSON: numbers of one kind.
            return (JsonObject)JsonNode.Parse(item.ToJsonString())!;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or JsonException)
        {
            throw Unreadable(e.Message);
        }
    }

    private static (string ApiVersion, string Kind, byte[] Raw) ReadEnvelope(byte[] content)
    {
        string apiVersion = "", kind = "";
        byte[] raw = [];
        foreach ((int number, CodedInputStream input) in Fields(content))
        {
            switch (number)
            {
                case 1:
                    foreach ((int inner, CodedInputStream type) in Fields(input.ReadBytes().ToByteArray()))
                    {
                        if (inner == 1)
                            apiVersion = type.ReadString();
                        else if (inner == 2)
                            kind = type.ReadString();
                        else
                            type.SkipLastField();
                    }
                    break;
                case 2:
                    raw = input.ReadBytes().ToByteArray();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return (apiVersion, kind, raw);
    }

    private static void ReadMessage(byte[] content, MessageType type, JsonObject target, int depth)
    {
        if (depth > Deepest)
            throw Unreadable("the object is nested too deeply");
        foreach ((int number, CodedInputStream input) in Fields(content))
        {
            // Fields that came with later versions are dropped, as an API server of 1.20 does.
            if (!type.Fields.TryGetValue(number, out MessageField? field))
            {
                input.SkipLastField();
                continue;
            }
            switch (field.Shape)
            {
                case FieldShape.Inline:
                    ReadMessage(input.ReadBytes().ToByteArray(), MessageTypes.Find(field.Type), target, depth + 1);
                    break;
                case FieldShape.List:
                    if (target[field.Name] is not JsonArray list)
                        target[field.Name] = list = [];
                    list.Add(ReadValue(input, field.Type, depth));
                    break;
                case FieldShape.Map:
                    if (target[field.Name] is not JsonObject map)
                        target[field.Name] = map = [];
                    ReadEntry(input.ReadBytes().ToByteArray(), field.Type, map, depth);
                    break;
                default:
                    target[field.Name] = ReadValue(input, field.Type, depth);
                    break;
            }
        }
    }

    private static void ReadEntry(byte[] content, string type, JsonObject map, int depth)
    {
        string key = "";
        JsonNode? value = type is "s" or "y" ? "" : null;
        foreach ((int number, CodedInputStream input) in Fields(content))
        {
            if (number == 1)
                key = input.ReadString();
            else if (number == 2)
                value = ReadValue(input, type, depth);
            else
                input.SkipLastField();
        }
        map[key] = value;
    }

    private static JsonNode? ReadValue(CodedInputStream input, string type, int depth)
    {
        switch (type)
        {
            case "s":
                return input.ReadString();
            case "i":
                return input.ReadInt64();
            case "b":
                return input.ReadBool();
            case "d":
                return input.ReadDouble();
            case "y":
                return Convert.ToBase64String(input.ReadBytes().Span);
        }
        byte[] content = input.ReadBytes().ToByteArray();
        switch (type)
        {
            case "time":
                return Time(content, "yyyy-MM-dd'T'HH:mm:ss'Z'");
            case "microtime":
                return Time(content, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
            case "quantity":
                return Fields(content).Select(field => field.Number == 1 ? field.Input.ReadString() : Skip(field.Input)).FirstOrDefault(text => text is not null) ?? "0";
            case "intstr":
                return IntOrString(content);
            case "raw":
                return Raw(content);
            case "texts":
                return new JsonArray([.. Fields(content).Select(field => JsonValue.Create(field.Input.ReadString()))]);
            default:
                var nested = new JsonObject();
                ReadMessage(content, MessageTypes.Find(type), nested, depth + 1);
                return nested;
        }
    }

    private static JsonNode? Time(byte[] content, string format)
    {
        long? seconds = null, nanos = 0;
        foreach ((int number, CodedInputStream input) in Fields(content))
        {
            if (number == 1)
                seconds = input.ReadInt64();
            else if (number == 2)
                nanos = input.ReadInt64();
            else
                input.SkipLastField();
        }
        // No time, and Go's zero, which is the year 1.
        return seconds is null or <= -62135596800 or > 253402300799 ? null
            : DateTimeOffset.FromUnixTimeSeconds(seconds.Value).AddTicks(nanos.Value / 100).ToString(format, CultureInfo.InvariantCulture);
    }

    private static JsonNode IntOrString(byte[] content)
    {
        long kind = 0, number = 0;
        string text = "";
        foreach ((int field, CodedInputStream input) in Fields(content))
        {
            if (field == 1)
                kind = input.ReadInt64();
            else if (field == 2)
                number = input.ReadInt64();
            else if (field == 3)
                text = input.ReadString();
            else
                input.SkipLastField();
        }
        return kind == 0 ? number : text;
    }

    private static JsonNode? Raw(byte[] content)
    {
        byte[]? json = null;
        foreach ((int number, CodedInputStream input) in Fields(content))
        {
            if (number == 1)
                json = input.ReadBytes().ToByteArray();
            else
                input.SkipLastField();
        }
        return json is null or [] ? null : JsonNode.Parse(json);
    }

    private static string? Skip(CodedInputStream input)
    {
        input.SkipLastField();
        return null;
    }

    // The caller reads or skips each field before it asks for the next.
    private static IEnumerable<(int Number, CodedInputStream Input)> Fields(byte[] content)
    {
        using var input = new CodedInputStream(content);
        while (input.ReadTag() is not 0 and var tag)
            yield return (WireFormat.GetTagFieldNumber(tag), input);
    }

    private static ApiException Unreadable(string why) => new(400, "BadRequest", $"the object provided is unrecognized: {why}");
}
