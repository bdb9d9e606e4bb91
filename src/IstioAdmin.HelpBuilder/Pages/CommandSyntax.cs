namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>How one parameter set is typed.</summary>
/// <param name="SetName">Name of the parameter set.</param>
/// <param name="IsDefault">Whether it is the cmdlet's default set.</param>
/// <param name="Line">Line of its heading.</param>
/// <param name="Text">The syntax in one line, as <c>Get-Command -Syntax</c> writes it.</param>
/// <param name="Parameters">Its parameters, in the order in which they are shown.</param>
internal sealed record CommandSyntax(string SetName, bool IsDefault, int Line, string Text, IReadOnlyList<SyntaxParameter> Parameters);

/// <summary>A parameter as the syntax shows it.</summary>
/// <param name="Name">Name, without its dash.</param>
/// <param name="Type">Short name of its type; null for a switch.</param>
/// <param name="IsMandatory">Whether it must be given.</param>
/// <param name="IsPositional">Whether its name may be left out.</param>
internal sealed record SyntaxParameter(string Name, string? Type, bool IsMandatory, bool IsPositional);
