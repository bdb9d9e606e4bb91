using Google.Protobuf;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>
/// Reads a <c>Status</c> from Kubernetes' protobuf form, which a server answers in when the request preferred protobuf.
/// Field numbers: k8s.io/apimachinery <c>pkg/runtime/generated.proto</c> (Unknown) and <c>pkg/apis/meta/v1/generated.proto</c> (Status).
/// </summary>
internal static class ProtobufStatus
{
    private static ReadOnlySpan<byte> Magic => [(byte)'k', (byte)'8', (byte)'s', 0];

    public static bool IsEnvelope(ReadOnlySpan<byte> body) => body.StartsWith(Magic);

    public static KubeStatus? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var envelope = new CodedInputStream(body[Magic.Length..].ToArray());
            string? kind = null;
            ByteString? raw = null;
            while (envelope.ReadTag() is var tag and not 0)
            {
                switch (WireFormat.GetTagFieldNumber(tag))
                {
                    case 1:
                        kind = ReadKind(envelope.ReadBytes());
                        break;
                    case 2:
                        raw = envelope.ReadBytes();
                        break;
                    default:
                        envelope.SkipLastField();
                        break;
                }
            }
            return kind == "Status" && raw is not null ? ReadStatus(raw) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static string? ReadKind(ByteString typeMeta)
    {
        CodedInputStream input = typeMeta.CreateCodedInput();
        string? kind = null;
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == 2)
                kind = input.ReadString();
            else
                input.SkipLastField();
        }
        return kind;
    }

    private static KubeStatus ReadStatus(ByteString raw)
    {
        CodedInputStream input = raw.CreateCodedInput();
        var status = new KubeStatus();
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 3:
                    status = status with { Message = input.ReadString() };
                    break;
                case 4:
                    status = status with { Reason = input.ReadString() };
                    break;
                case 5:
                    status = ReadDetails(input.ReadBytes(), status);
                    break;
                case 6:
                    status = status with { Code = input.ReadInt32() };
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return status;
    }

    private static KubeStatus ReadDetails(ByteString details, KubeStatus status)
    {
        CodedInputStream input = details.CreateCodedInput();
        var causes = new List<KubeStatusCause>();
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    status = status with { Name = input.ReadString() };
                    break;
                case 2:
                    status = status with { Group = input.ReadString() };
                    break;
                case 3:
                    status = status with { Kind = input.ReadString() };
                    break;
                case 4:
                    causes.Add(ReadCause(input.ReadBytes()));
                    break;
                case 5:
                    status = status with { RetryAfterSeconds = input.ReadInt32() };
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return status with { Causes = causes };
    }

    private static KubeStatusCause ReadCause(ByteString cause)
    {
        CodedInputStream input = cause.CreateCodedInput();
        string? reason = null, message = null, field = null;
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    reason = input.ReadString();
                    break;
                case 2:
                    message = input.ReadString();
                    break;
                case 3:
                    field = input.ReadString();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return new KubeStatusCause(reason, message, field);
    }
}
