namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>An example: a title, then text and code in any order.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Line">Line of its heading.</param>
/// <param name="Parts">What stands below it.</param>
internal sealed record CommandExample(string Title, int Line, IReadOnlyList<ExamplePart> Parts);

/// <summary>A part of an example.</summary>
internal abstract record ExamplePart
{
    private ExamplePart()
    {
    }

    /// <summary>A paragraph or list.</summary>
    /// <param name="Paragraph">The text.</param>
    internal sealed record Words(string Paragraph) : ExamplePart;

    /// <summary>A code block: a command, or what it prints.</summary>
    /// <param name="Source">Its lines.</param>
    internal sealed record Code(string Source) : ExamplePart;
}
