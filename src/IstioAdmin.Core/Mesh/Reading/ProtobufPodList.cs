using System.Buffers;
using Google.Protobuf;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>
/// Walks a PodList in Kubernetes' protobuf form: the four bytes <c>k8s\0</c>, then a runtime.Unknown whose field <c>raw</c> is the list.
/// </summary>
internal sealed class ProtobufPodList : IPodListReader
{
    private const uint Bytes = 2;
    private const uint TypeMeta = 1 << 3 | Bytes, Raw = 2 << 3 | Bytes;
    private const uint ListMeta = 1 << 3 | Bytes, Items = 2 << 3 | Bytes;

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    private readonly ReadOnlySequence<byte> _body;
    private readonly PodMessage _pod;
    private CodedInputStream? _items;
    private long _end;

    public ProtobufPodList(ReadOnlySequence<byte> body, PodDraft draft)
    {
        _body = body;
        _pod = new(draft);
    }

    public (string? Continue, string? ResourceVersion) ReadMetadata()
    {
        var metadata = new ListMetaMessage();
        using CodedInputStream input = Open();
        while (input.Position < _end)
        {
            if (ReadTag(input) == ListMeta)
            {
                // First in what servers write; elsewhere the items before it are skipped.
                input.ReadMessage(metadata);
                break;
            }
            input.SkipLastField();
        }
        return (metadata.Continue, metadata.ResourceVersion);
    }

    public bool ReadItem()
    {
        _items ??= Open();
        while (_items.Position < _end)
        {
            if (ReadTag(_items) == Items)
            {
                _items.ReadMessage(_pod);
                return true;
            }
            _items.SkipLastField();
        }
        return false;
    }

    public ReadOnlySequence<byte> CurrentJson => throw new NotSupportedException();

    public void Dispose() => _items?.Dispose();

    /// <summary>A stream at the first field of the list; <see cref="_end"/> is where the list ends in it.</summary>
    private CodedInputStream Open()
    {
        Span<byte> magic = stackalloc byte[4];
        if (_body.Length < 4)
            throw new InvalidDataException("the body is too short");
        _body.Slice(0, 4).CopyTo(magic);
        if (!magic.SequenceEqual(Magic))
            throw new InvalidDataException("the body does not start with k8s\\0");
        var input = new CodedInputStream(new SequenceStream(_body.Slice(4)));
        while (true)
        {
            switch (ReadTag(input))
            {
                case TypeMeta:
                    var type = new TypeMetaMessage();
                    input.ReadMessage(type);
                    if (type.Kind is not "PodList")
                        throw new InvalidDataException($"it holds a {type.Kind ?? "nameless kind"}");
                    break;
                case Raw:
                    int length = input.ReadLength();
                    _end = input.Position + length;
                    if (length < 0 || _end > _body.Length - 4)
                        throw new InvalidDataException("it breaks off");
                    return input;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private static uint ReadTag(CodedInputStream input) => input.ReadTag() is var tag and not 0 ? tag : throw new InvalidDataException("it breaks off");

    /// <summary>k8s.io.apimachinery.pkg.apis.meta.v1.ListMeta.</summary>
    private sealed class ListMetaMessage : WireMessage
    {
        public string? ResourceVersion { get; private set; }

        public string? Continue { get; private set; }

        protected override bool ReadField(uint tag, CodedInputStream input)
        {
            switch (tag)
            {
                case 2 << 3 | Bytes: ResourceVersion = input.ReadString(); return true;
                case 3 << 3 | Bytes: Continue = input.ReadString(); return true;
                default: return false;
            }
        }
    }

    /// <summary>k8s.io.apimachinery.pkg.runtime.TypeMeta.</summary>
    private sealed class TypeMetaMessage : WireMessage
    {
        public string? Kind { get; private set; }

        protected override bool ReadField(uint tag, CodedInputStream input)
        {
            if (tag != (2 << 3 | Bytes))
                return false;
            Kind = input.ReadString();
            return true;
        }
    }
}
