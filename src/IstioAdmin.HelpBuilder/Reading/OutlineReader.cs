using IstioAdmin.HelpBuilder.Pages;
using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>A page cut at its headings.</summary>
/// <param name="FrontMatter">The YAML between the dashes at the top; empty when there is none.</param>
/// <param name="Title">The heading of level 1 and all below it.</param>
internal sealed record Outline(string FrontMatter, Section Title);

/// <summary>Cuts a Markdown file at its headings.</summary>
internal static class OutlineReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseYamlFrontMatter().UsePipeTables().Build();

    /// <summary>Reads a page; null, with a problem reported, when it does not have exactly one title.</summary>
    public static Outline? Read(string markdown, PageProblems problems)
    {
        List<Block> blocks = [.. Markdown.Parse(markdown, Pipeline)];
        string frontMatter = "";
        if (blocks is [YamlFrontMatterBlock yaml, ..])
        {
            frontMatter = yaml.Lines.ToString();
            blocks.RemoveAt(0);
        }

        (IReadOnlyList<Block> stray, IReadOnlyList<Section> titles) = Split(blocks, level: 1);
        if (stray.Count > 0)
            problems.Add(LineOf(stray[0]), "The title ('# Name') comes first; nothing may stand between the front matter and it.");
        if (titles.Count == 1)
            return new Outline(frontMatter, titles[0]);

        problems.Add(titles.Count == 0 ? 1 : titles[1].Line, $"A page has one title ('# Name'); this one has {titles.Count}.");
        return null;
    }

    /// <summary>Line of a block, counted from 1.</summary>
    public static int LineOf(Block block) => block.Line + 1;

    private static (IReadOnlyList<Block> Before, IReadOnlyList<Section> Sections) Split(List<Block> blocks, int level)
    {
        if (level > 6)
            return (blocks, []);

        int first = NextHeading(blocks, 0, level);
        List<Section> sections = [];
        for (int start = first; start < blocks.Count;)
        {
            int end = NextHeading(blocks, start + 1, level);
            HeadingBlock heading = (HeadingBlock)blocks[start];
            (IReadOnlyList<Block> own, IReadOnlyList<Section> inner) = Split(blocks[(start + 1)..end], level + 1);
            sections.Add(new Section(TextOf(heading), heading, own, inner));
            start = end;
        }

        return (blocks[..first], sections);
    }

    private static int NextHeading(List<Block> blocks, int from, int level)
    {
        int at = blocks.FindIndex(from, block => block is HeadingBlock heading && heading.Level == level);
        return at < 0 ? blocks.Count : at;
    }

    private static string TextOf(HeadingBlock heading) =>
        string.Concat((heading.Inline ?? []).Select(inline => inline switch
        {
            CodeInline code => code.Content,
            LinkInline link => string.Concat(link.Select(text => text.ToString())),
            _ => inline.ToString(),
        })).Trim();
}
