namespace IstioAdmin.Iptables.Parsing;

/// <summary>Thrown in strict mode for the first line that could not be read.</summary>
public sealed class IptablesFormatException : FormatException
{
    /// <summary>Creates the exception for an error.</summary>
    public IptablesFormatException(SyntaxError error)
        : base(error.ToString()) => Error = error;

    /// <summary>The error.</summary>
    public SyntaxError Error { get; }
}
