namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// Reads what <c>iptables-save</c> and <c>ip6tables-save</c> print and what <c>iptables-restore</c> takes. A bad line does not
/// lose the others: it becomes an error with line, column and word.
/// </summary>
public static class IptablesSave
{
    /// <summary>Reads a dump.</summary>
    /// <param name="text">The text; several dumps may follow each other when each begins with its header line.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="IptablesFormatException">A line could not be read and <see cref="ParseOptions.Strict"/> is set.</exception>
    public static ParseResult Parse(string text, ParseOptions? options = null) => new SaveReader(text, options ?? new ParseOptions()).Read().NoteErrors();
}
