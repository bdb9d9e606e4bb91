namespace IstioAdmin.Core.Kube.PortForwarding;

/// <summary>Takes off the port number with which a channel begins: two bytes, in whatever pieces they come.</summary>
internal sealed class PortPrefix
{
    private int _missing = sizeof(ushort);

    /// <summary>What is left of the next bytes of the channel.</summary>
    public ReadOnlyMemory<byte> Strip(ReadOnlyMemory<byte> payload)
    {
        int prefix = Math.Min(_missing, payload.Length);
        _missing -= prefix;
        return payload[prefix..];
    }
}
