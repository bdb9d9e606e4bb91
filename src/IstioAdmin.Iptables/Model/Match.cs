using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>
/// One condition of a rule. The hierarchy is closed: a condition that is not understood is an <see cref="Matches.UnknownMatch"/>,
/// which keeps its text word for word.
/// </summary>
public abstract record Match
{
    private protected Match()
    {
    }

    /// <summary>Appends the condition as iptables-save prints it, with a blank before each word.</summary>
    public abstract void AppendTo(StringBuilder text);

    /// <summary>The condition as iptables-save prints it.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString().TrimStart();
    }

    private protected static StringBuilder Option(StringBuilder text, string option, bool negated) =>
        text.Append(negated ? " ! " : " ").Append(option).Append(' ');
}
