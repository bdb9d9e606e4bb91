using System.Text;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>
/// Reads what <c>nft -j list ruleset</c> prints (libnftables-json(5)); the listing must be without <c>-t</c>, which leaves out what is
/// in sets. Tables of the family <c>inet</c> go into the IPv4 and the IPv6 ruleset; rules about the other family's header stay in both,
/// where no packet fits them. What is not understood is kept and unknown: that includes all that iptables-nft does with an extension
/// of x_tables, whose content nft does not show.
/// </summary>
public static class NftablesJson
{
    /// <summary>Reads a listing.</summary>
    /// <param name="text">The JSON text.</param>
    /// <param name="options">How to read it; the family is told by the tables.</param>
    /// <exception cref="IptablesFormatException">Something could not be read and <see cref="ParseOptions.Strict"/> is set.</exception>
    public static ParseResult Parse(string text, ParseOptions? options = null) => Parse(Encoding.UTF8.GetBytes(text), options);

    /// <summary>Reads a listing.</summary>
    /// <param name="utf8">The JSON text in UTF-8.</param>
    /// <param name="options">How to read it; the family is told by the tables.</param>
    /// <exception cref="IptablesFormatException">Something could not be read and <see cref="ParseOptions.Strict"/> is set.</exception>
    public static ParseResult Parse(ReadOnlyMemory<byte> utf8, ParseOptions? options = null) => new ListingReader(utf8, options ?? new ParseOptions()).Read().NoteErrors();
}
