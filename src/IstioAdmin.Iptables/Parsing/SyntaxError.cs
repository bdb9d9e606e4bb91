namespace IstioAdmin.Iptables.Parsing;

/// <summary>A place in the input that could not be read.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Token">The offending word, cut after 100 characters; empty when something is missing.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record SyntaxError(int Line, int Column, string Token, string Message)
{
    /// <summary>The error as a line of text.</summary>
    public override string ToString() =>
        Token.Length == 0 ? $"line {Line}, column {Column}: {Message}" : $"line {Line}, column {Column}: {Message}: '{Token}'";
}
