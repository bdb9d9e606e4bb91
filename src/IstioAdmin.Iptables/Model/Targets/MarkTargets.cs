using System.Globalization;
using System.Text;

namespace IstioAdmin.Iptables.Model.Targets;

/// <summary>Changes the packet's mark: clears the mask's bits, then flips the value's (<c>-j MARK --set-xmark</c>).</summary>
/// <param name="Mark">Value and mask.</param>
public sealed record MarkTarget(MaskedValue Mark) : Target
{
    /// <summary>The mark that a packet with the given one carries afterwards.</summary>
    public uint Apply(uint mark) => (mark & ~Mark.Mask) ^ Mark.Value;

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Mark.AppendTo(text.Append(" -j MARK --set-xmark "), always: true);
}

/// <summary>What CONNMARK does.</summary>
public enum ConnmarkOperation
{
    /// <summary>Changes the connection's mark.</summary>
    Set,

    /// <summary>Copies the packet's mark to the connection.</summary>
    Save,

    /// <summary>Copies the connection's mark to the packet.</summary>
    Restore,
}

/// <summary>Works on the mark of the packet's connection (<c>-j CONNMARK</c>).</summary>
/// <param name="Operation">What is done.</param>
/// <param name="Mark">For Set: value and mask.</param>
/// <param name="PacketMask">For Save and Restore: the bits of the packet's mark.</param>
/// <param name="ConnectionMask">For Save and Restore: the bits of the connection's mark.</param>
public sealed record ConnmarkTarget(ConnmarkOperation Operation, MaskedValue Mark, uint PacketMask = uint.MaxValue, uint ConnectionMask = uint.MaxValue) : Target
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -j CONNMARK ");
        if (Operation == ConnmarkOperation.Set)
        {
            Mark.AppendTo(text.Append("--set-xmark "), always: true);
            return;
        }
        text.Append(Operation == ConnmarkOperation.Save ? "--save-mark" : "--restore-mark");
        text.Append(CultureInfo.InvariantCulture, $" --nfmask 0x{PacketMask:x} --ctmask 0x{ConnectionMask:x}");
    }
}
