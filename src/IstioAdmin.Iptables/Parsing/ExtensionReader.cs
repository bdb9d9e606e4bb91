using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// Walks the options of one extension. A grammar asks for options and values; whatever it does not know makes the whole
/// extension unknown, which is never an error.
/// </summary>
internal ref struct ExtensionReader
{
    private WordReader _words;

    public ExtensionReader(ReadOnlySpan<char> options, IpFamily family)
    {
        _words = new WordReader(options);
        Family = family;
        Known = true;
    }

    /// <summary>Family of the rule.</summary>
    public IpFamily Family { get; }

    /// <summary>Whether everything so far was understood.</summary>
    public bool Known { get; private set; }

    /// <summary>The current option.</summary>
    public ReadOnlySpan<char> Option { get; private set; }

    /// <summary>Whether <c>!</c> stood before it.</summary>
    public bool Negated { get; private set; }

    /// <summary>Moves to the next option; false at the end or once something was not understood.</summary>
    public bool NextOption()
    {
        Negated = false;
        while (Known && _words.Next())
        {
            if (!_words.Quoted && _words.Word is "!")
            {
                if (Negated)
                    Known = false;
                Negated = true;
                continue;
            }
            Option = _words.Word;
            return true;
        }
        return false;
    }

    /// <summary>Says that the current option or its value is not understood.</summary>
    public void Unknown() => Known = false;

    /// <summary>The current option's value; empty when it is missing.</summary>
    public ReadOnlySpan<char> Value()
    {
        if (_words.Next())
            return _words.Word;
        Known = false;
        return default;
    }

    /// <summary>A value that is printed without quotes, and so cannot have had any.</summary>
    public string Name()
    {
        ReadOnlySpan<char> value = Value();
        if (_words.Quoted || value.IsEmpty)
            Known = false;
        return value.ToString();
    }

    /// <summary>A value made of a number that fits 16 bits.</summary>
    public ushort UInt16()
    {
        if (!DecimalText.TryParse(Value(), out ushort number))
            Known = false;
        return number;
    }

    /// <summary>A port or a range of ports parted by the given character; an end that is left out is 0 or 65535.</summary>
    public PortRange Ports(char separator) => Ports(Value(), separator);

    /// <summary>Reads ports from a word.</summary>
    public PortRange Ports(ReadOnlySpan<char> text, char separator)
    {
        if (DecimalText.TryParse(text, out ushort only))
            return PortRange.Only(only);
        int part = text.IndexOf(separator);
        ReadOnlySpan<char> low = part < 0 ? text : text[..part];
        ReadOnlySpan<char> high = part < 0 ? text : text[(part + 1)..];
        ushort first = 0, last = ushort.MaxValue;
        bool open = part >= 0;
        if ((!open || !low.IsEmpty) && !DecimalText.TryParse(low, out first))
            Known = false;
        if ((!open || !high.IsEmpty) && !DecimalText.TryParse(high, out last))
            Known = false;
        return new PortRange(first, last);
    }

    /// <summary>An id or a range of ids.</summary>
    public IdRange Ids()
    {
        ReadOnlySpan<char> text = Value();
        int dash = text.IndexOf('-');
        if (!uint.TryParse(dash < 0 ? text : text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out uint first))
            Known = false;
        uint last = first;
        if (dash >= 0 && !uint.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out last))
            Known = false;
        return new IdRange(first, last);
    }

    /// <summary>A mark with an optional mask, each decimal, octal (0…) or hexadecimal (0x…) as strtoul reads them.</summary>
    public MaskedValue Mark()
    {
        ReadOnlySpan<char> text = Value();
        int slash = text.IndexOf('/');
        uint value = Number(slash < 0 ? text : text[..slash]);
        return new MaskedValue(value, slash < 0 ? uint.MaxValue : Number(text[(slash + 1)..]));
    }

    /// <summary>A 32-bit number as strtoul reads it.</summary>
    public uint UInt32() => Number(Value());

    private uint Number(ReadOnlySpan<char> text)
    {
        uint number;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (!uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number))
                Known = false;
            return number;
        }
        // A leading zero means octal to strtoul; nothing prints that, so it is left alone rather than misread.
        if ((text.Length > 1 && text[0] == '0') || !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            Known = false;
            return 0;
        }
        return number;
    }
}
