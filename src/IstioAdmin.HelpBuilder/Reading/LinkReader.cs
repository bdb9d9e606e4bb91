using IstioAdmin.HelpBuilder.Pages;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Finds the links in a piece of a page.</summary>
internal static class LinkReader
{
    /// <summary>Every link below the blocks, in order.</summary>
    public static IEnumerable<RelatedLink> Read(IEnumerable<Block> blocks) =>
        from block in blocks
        from leaf in block is LeafBlock own ? [own] : block.Descendants().OfType<LeafBlock>()
        from link in leaf.Inline?.Descendants().OfType<LinkInline>() ?? []
        let text = string.Concat(link.Select(inline => inline is CodeInline code ? code.Content : inline.ToString()))
        select new RelatedLink(text, link.Url ?? "", OutlineReader.LineOf(leaf));
}
