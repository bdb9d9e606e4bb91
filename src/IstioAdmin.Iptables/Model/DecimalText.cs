namespace IstioAdmin.Iptables.Model;

/// <summary>Numbers as dumps have them: decimal digits and nothing else.</summary>
internal static class DecimalText
{
    /// <summary>Reads a number that fits 16 bits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ushort number)
    {
        uint value = 0;
        bool valid = text.Length is > 0 and <= 9;
        for (int i = 0; valid && i < text.Length; i++)
        {
            uint digit = text[i] - (uint)'0';
            valid = digit <= 9;
            value = value * 10 + digit;
        }
        valid &= value <= ushort.MaxValue;
        number = valid ? (ushort)value : (ushort)0;
        return valid;
    }
}
