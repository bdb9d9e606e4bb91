using IstioAdmin.HelpBuilder.Pages;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>A page says each parameter twice, in SYNTAX and in PARAMETERS. Checks that it says the same.</summary>
internal static class SyntaxAgreement
{
    /// <summary>Reports every parameter set in which the two differ.</summary>
    public static void Check(CommandPage page, PageProblems problems)
    {
        foreach (CommandSyntax syntax in page.Syntax)
        {
            foreach (SyntaxParameter shown in syntax.Parameters)
                CheckShown(page, syntax, shown, problems);

            foreach (CommandParameter parameter in page.Parameters.Where(parameter => parameter.In(syntax.SetName) is not null))
            {
                if (!syntax.Parameters.Any(shown => shown.Name == parameter.Name))
                    problems.Add(syntax.Line, $"The syntax of set '{syntax.SetName}' lacks -{parameter.Name}, which PARAMETERS puts into it.");
            }
        }

        foreach (CommandParameter parameter in page.Parameters)
        {
            foreach (ParameterSetUse use in parameter.Sets.Where(use => use.Name != CommandParameter.AllSets))
            {
                if (!page.Syntax.Any(syntax => syntax.SetName == use.Name))
                    problems.Add(parameter.Line, $"-{parameter.Name} belongs to the set '{use.Name}', which SYNTAX does not have.");
            }
        }
    }

    private static void CheckShown(CommandPage page, CommandSyntax syntax, SyntaxParameter shown, PageProblems problems)
    {
        CommandParameter? parameter = page.Parameters.FirstOrDefault(parameter => parameter.Name == shown.Name);
        if (parameter?.In(syntax.SetName) is not { } use)
        {
            problems.Add(syntax.Line, $"The syntax of set '{syntax.SetName}' has -{shown.Name}, which PARAMETERS does not put into it.");
            return;
        }

        if (use.IsRequired != shown.IsMandatory)
            Differ(shown.IsMandatory ? "mandatory" : "optional", use.IsRequired ? "mandatory" : "optional");
        if (use.Position.HasValue != shown.IsPositional)
            Differ(shown.IsPositional ? "positional" : "named", use.Position.HasValue ? "positional" : "named");
        if (parameter.IsSwitch != shown.Type is null)
            Differ(shown.Type is null ? "a switch" : "no switch", parameter.IsSwitch ? "a switch" : "no switch");

        void Differ(string inSyntax, string inParameters) =>
            problems.Add(parameter.Line, $"-{shown.Name} is {inSyntax} in the syntax of set '{syntax.SetName}' and {inParameters} here.");
    }
}
