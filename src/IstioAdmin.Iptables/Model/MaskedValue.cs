using System.Globalization;
using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>A 32-bit value and the bits that count, as marks use them.</summary>
/// <param name="Value">The value.</param>
/// <param name="Mask">The bits that count.</param>
public readonly record struct MaskedValue(uint Value, uint Mask)
{
    /// <summary>Appends <c>0x1</c>, or <c>0x1/0xff</c> when the mask is not all ones or <paramref name="always"/> says so.</summary>
    public void AppendTo(StringBuilder text, bool always = false)
    {
        text.Append(CultureInfo.InvariantCulture, $"0x{Value:x}");
        if (always || Mask != uint.MaxValue)
            text.Append(CultureInfo.InvariantCulture, $"/0x{Mask:x}");
    }
}
