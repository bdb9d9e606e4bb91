using System.Text;
using IstioAdmin.HelpBuilder.Pages;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Turns Markdown into the plain text of a console: no emphasis marks, links as text, lists with hanging indents.</summary>
/// <param name="problems">Takes what a console cannot show.</param>
internal sealed class HelpText(PageProblems problems)
{
    /// <summary>Lists are wrapped here, because the engine would not indent their second lines; it shows help indented by up to 8 columns.</summary>
    private const int ListWidth = 72;

    /// <summary>One paragraph for each block.</summary>
    public IReadOnlyList<string> Paragraphs(IEnumerable<Block> blocks) => [.. blocks.Select(Paragraph).Where(text => text.Length > 0)];

    /// <summary>The text of one block; empty when it has none.</summary>
    public string Paragraph(Block block)
    {
        switch (block)
        {
            case ParagraphBlock paragraph:
                return Inlines(paragraph.Inline, OutlineReader.LineOf(block));
            case ListBlock list:
                return string.Join('\n', ListLines(list, ListWidth));
            case CodeBlock code:
                return Code(code);
            case LinkReferenceDefinitionGroup:
                return "";
            default:
                problems.Add(OutlineReader.LineOf(block), $"Help holds paragraphs, lists and code blocks; a {Kind(block)} cannot be shown on a console.");
                return "";
        }
    }

    /// <summary>The lines of a list, wrapped, with the second lines of an item below the first one's text.</summary>
    public IEnumerable<string> ListLines(ListBlock list, int width)
    {
        int number = int.TryParse(list.OrderedStart, out int start) ? start : 1;
        foreach (ListItemBlock item in list.Cast<ListItemBlock>())
        {
            string bullet = list.IsOrdered ? $"{number++}. " : "- ";
            string indent = new(' ', bullet.Length);
            IEnumerable<string> lines = item.SelectMany(block => block switch
            {
                ListBlock inner => ListLines(inner, width - indent.Length),
                CodeBlock code => Code(code).Split('\n'),
                _ => LineWrap.Wrap(Paragraph(block), width - indent.Length),
            });
            foreach (string line in lines)
            {
                yield return bullet + line;
                bullet = indent;
            }
        }
    }

    /// <summary>The lines of a code block, without its fences.</summary>
    public static string Code(CodeBlock code) => code.Lines.ToString().ReplaceLineEndings("\n").TrimEnd();

    private static string Kind(Block block) => block.GetType().Name.Replace("Block", "", StringComparison.Ordinal).ToLowerInvariant();

    private string Inlines(ContainerInline? inlines, int line)
    {
        StringBuilder text = new();
        Append(text, inlines, line);
        return text.ToString().Trim();
    }

    private void Append(StringBuilder text, IEnumerable<Inline>? inlines, int line)
    {
        foreach (Inline inline in inlines ?? [])
        {
            switch (inline)
            {
                case LiteralInline literal:
                    text.Append(literal.Content.AsSpan());
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case LineBreakInline lineBreak:
                    text.Append(lineBreak.IsHard ? '\n' : ' ');
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded.AsSpan());
                    break;
                case AutolinkInline address:
                    text.Append(address.Url);
                    break;
                case LinkInline link:
                    int before = text.Length;
                    Append(text, link, line);
                    if (new RelatedLink("", link.Url ?? "", line).IsWeb && text.ToString(before, text.Length - before) != link.Url)
                        text.Append(" (").Append(link.Url).Append(')');
                    break;
                case ContainerInline container:
                    Append(text, container, line);
                    break;
                case HtmlInline html:
                    problems.Add(line, $"'{html.Tag}' is HTML, which a console cannot show; put code between backticks.");
                    break;
                default:
                    throw new NotSupportedException($"No rule says how a {inline.GetType().Name} reads on a console.");
            }
        }
    }
}
