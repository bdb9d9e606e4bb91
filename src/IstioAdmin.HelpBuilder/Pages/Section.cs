using Markdig.Syntax;

namespace IstioAdmin.HelpBuilder.Pages;

/// <summary>A heading and what stands below it, up to the next heading of the same level.</summary>
/// <param name="Heading">The heading's text.</param>
/// <param name="Source">The heading as it was read.</param>
/// <param name="Blocks">Paragraphs, lists and code before the first heading inside the section.</param>
/// <param name="Sections">The sections inside it.</param>
internal sealed record Section(string Heading, HeadingBlock Source, IReadOnlyList<Block> Blocks, IReadOnlyList<Section> Sections)
{
    /// <summary>Line of the heading, counted from 1.</summary>
    public int Line => Source.Line + 1;
}
