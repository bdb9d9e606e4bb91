using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;

namespace IstioAdmin.Core.Tests.Mesh;

/// <summary>
/// Encodes a list of pods, given as JSON, in Kubernetes' protobuf form, independently of the reader under test:
/// one table of field numbers from generated.proto. With a source of chance the fields come in any order and strangers among them.
/// </summary>
internal sealed class PodWire
{
    private sealed record Field(int Number, string Name, Kind Kind, Field[]? Fields = null);

    private enum Kind { Text, Flag, Number, Message, Map }

    private static readonly Field[] Named = [new(1, "name", Kind.Text), new(2, "value", Kind.Text)];

    private static readonly Field[] Container =
    [
        new(1, "name", Kind.Text), new(2, "image", Kind.Text), new(3, "command", Kind.Text), new(4, "args", Kind.Text), new(7, "env", Kind.Message, Named),
        new(6, "ports", Kind.Message, [new(1, "name", Kind.Text), new(3, "containerPort", Kind.Number), new(4, "protocol", Kind.Text)]),
        new(15, "securityContext", Kind.Message,
        [
            new(1, "capabilities", Kind.Message, [new(1, "add", Kind.Text), new(2, "drop", Kind.Text)]),
            new(2, "privileged", Kind.Flag), new(4, "runAsUser", Kind.Number), new(8, "runAsGroup", Kind.Number),
        ]),
    ];

    private static readonly Field[] ContainerStatus = [new(1, "name", Kind.Text), new(4, "ready", Kind.Flag), new(7, "imageID", Kind.Text), new(8, "containerID", Kind.Text)];

    private static readonly Field[] Pod =
    [
        new(1, "metadata", Kind.Message,
        [
            new(1, "name", Kind.Text), new(2, "generateName", Kind.Text), new(3, "namespace", Kind.Text), new(5, "uid", Kind.Text),
            new(11, "labels", Kind.Map), new(12, "annotations", Kind.Map),
            new(13, "ownerReferences", Kind.Message,
                [new(1, "kind", Kind.Text), new(3, "name", Kind.Text), new(4, "uid", Kind.Text), new(5, "apiVersion", Kind.Text), new(6, "controller", Kind.Flag)]),
        ]),
        new(2, "spec", Kind.Message,
        [
            new(2, "containers", Kind.Message, Container), new(3, "restartPolicy", Kind.Text), new(10, "nodeName", Kind.Text),
            new(11, "hostNetwork", Kind.Flag), new(14, "securityContext", Kind.Message, [new(2, "runAsUser", Kind.Number), new(6, "runAsGroup", Kind.Number)]), new(20, "initContainers", Kind.Message, Container),
        ]),
        new(3, "status", Kind.Message,
        [
            new(1, "phase", Kind.Text), new(2, "conditions", Kind.Message, [new(1, "type", Kind.Text), new(2, "status", Kind.Text), new(5, "reason", Kind.Text)]),
            new(6, "podIP", Kind.Text), new(8, "containerStatuses", Kind.Message, ContainerStatus), new(10, "initContainerStatuses", Kind.Message, ContainerStatus), new(12, "podIPs", Kind.Message, [new(1, "ip", Kind.Text)]),
        ]),
    ];

    private static readonly Field[] List =
    [
        new(1, "metadata", Kind.Message, [new(2, "resourceVersion", Kind.Text), new(3, "continue", Kind.Text)]),
        new(2, "items", Kind.Message, Pod),
    ];

    private readonly Random? _chance;

    public PodWire(Random? chance = null) => _chance = chance;

    public byte[] Encode(JsonObject list)
    {
        byte[] raw = Message(List, list);
        byte[] type = Write(o => { Tag(o, 1, 2); o.WriteString("v1"); Tag(o, 2, 2); o.WriteString((string?)list["kind"] ?? "PodList"); });
        return [.. "k8s\0"u8, .. Write(o =>
        {
            Tag(o, 1, 2); o.WriteBytes(ByteString.CopyFrom(type));
            Tag(o, 2, 2); o.WriteBytes(ByteString.CopyFrom(raw));
            Tag(o, 3, 2); o.WriteString("");
            Tag(o, 4, 2); o.WriteString("");
        })];
    }

    private byte[] Message(Field[] fields, JsonObject value)
    {
        var parts = new List<(double Order, byte[] Bytes)>();
        foreach (Field field in fields)
        {
            // Fields may come in any order, but the elements of one keep theirs.
            double order = _chance?.NextDouble() ?? field.Number;
            foreach (JsonNode? element in Elements(field, value[field.Name]))
                parts.Add((order, Encode(field, element!)));
        }
        if (_chance is not null)
        {
            parts.Add((_chance.NextDouble(), Write(o => { Tag(o, 900, 0); o.WriteUInt64(ulong.MaxValue); })));
            parts.Add((_chance.NextDouble(), Write(o => { Tag(o, 901, 2); o.WriteBytes(ByteString.CopyFrom(new byte[_chance.Next(300)])); })));
            parts.Add((_chance.NextDouble(), Write(o => { Tag(o, 902, 1); o.WriteFixed64(7); Tag(o, 903, 5); o.WriteFixed32(7); })));
        }
        return parts.OrderBy(part => part.Order).SelectMany(part => part.Bytes).ToArray();
    }

    private static IEnumerable<JsonNode?> Elements(Field field, JsonNode? value) => (field.Kind, value) switch
    {
        (_, null) => [],
        (Kind.Map, JsonObject map) => map.Select(entry => (JsonNode?)new JsonObject { ["name"] = entry.Key, ["value"] = entry.Value?.DeepClone() }),
        (_, JsonArray array) => array,
        _ => [value],
    };

    private byte[] Encode(Field field, JsonNode value) => field.Kind switch
    {
        Kind.Text => Write(o => { Tag(o, field.Number, 2); o.WriteBytes(ByteString.CopyFrom(Encoding.UTF8.GetBytes((string)value!))); }),
        Kind.Flag => Write(o => { Tag(o, field.Number, 0); o.WriteBool((bool)value); }),
        Kind.Number => Write(o => { Tag(o, field.Number, 0); o.WriteInt64(value.GetValueKind() == System.Text.Json.JsonValueKind.Number ? long.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture) : 0); }),
        Kind.Message or Kind.Map => Write(o => { Tag(o, field.Number, 2); o.WriteBytes(ByteString.CopyFrom(Message(field.Fields ?? Named, value.AsObject()))); }),
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(output);
        return bytes.ToArray();
    }

    private static void Tag(CodedOutputStream output, int number, int wireType) => output.WriteTag((uint)(number << 3 | wireType));
}
