using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>
/// What a rule does with the packets that fit. The hierarchy is closed: a target that is not understood is an
/// <see cref="Targets.UnknownTarget"/>, which keeps its text word for word.
/// </summary>
public abstract record Target
{
    private protected Target()
    {
    }

    /// <summary>Appends the target as iptables-save prints it, with a blank before each word.</summary>
    public abstract void AppendTo(StringBuilder text);

    /// <summary>The target as iptables-save prints it.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString().TrimStart();
    }
}
