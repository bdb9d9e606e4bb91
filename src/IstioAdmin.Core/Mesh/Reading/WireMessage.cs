using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>
/// A protobuf message that is only ever read, and of which only some fields are wanted: a subclass names those, the rest is skipped
/// without being copied. The field numbers are those of <c>generated.proto</c> in k8s.io/api/core/v1 and k8s.io/apimachinery.
/// </summary>
internal abstract class WireMessage : IMessage
{
    // The low three bits of a tag: https://protobuf.dev/programming-guides/encoding/#structure
    protected const uint Varint = 0;
    protected const uint Bytes = 2;

    // Only messages that are written or reflected upon need one.
    MessageDescriptor IMessage.Descriptor => null!;

    public void MergeFrom(CodedInputStream input)
    {
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (!ReadField(tag, input))
                input.SkipLastField();
        }
    }

    /// <summary>Reads the field that has this tag; false leaves it unread.</summary>
    protected abstract bool ReadField(uint tag, CodedInputStream input);

    void IMessage.WriteTo(CodedOutputStream output) => throw new NotSupportedException();

    int IMessage.CalculateSize() => throw new NotSupportedException();
}
