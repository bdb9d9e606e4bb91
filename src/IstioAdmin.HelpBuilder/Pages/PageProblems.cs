namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>Something in a page that breaks the schema or contradicts itself.</summary>
/// <param name="File">Path of the page.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Message">What is wrong and what is expected.</param>
internal sealed record PageProblem(string File, int Line, string Message)
{
    /// <summary>The form in which build tools and editors find the line.</summary>
    public override string ToString() => $"{File}({Line}): error HELP001: {Message}";
}

/// <summary>Collects the problems of one page, so that a writer sees all of them at once.</summary>
/// <param name="file">Path of the page.</param>
internal sealed class PageProblems(string file)
{
    private readonly List<PageProblem> _all = [];

    /// <summary>Path of the page.</summary>
    public string File { get; } = file;

    /// <summary>What was found, in the order of the lines.</summary>
    public IReadOnlyList<PageProblem> All => [.. _all.OrderBy(problem => problem.Line)];

    /// <summary>Adds a problem.</summary>
    public void Add(int line, string message) => _all.Add(new PageProblem(File, line, message));
}
