using System.Text;
using IstioAdmin.HelpBuilder.Pages;
using IstioAdmin.HelpBuilder.Reading;
using Markdig.Syntax;

namespace IstioAdmin.HelpBuilder.Writing;

/// <summary>Writes a conceptual topic as the plain text that <c>Get-Help about_…</c> prints. The engine takes the synopsis from its fifth line.</summary>
/// <param name="problems">Takes what does not fit.</param>
internal sealed class AboutWriter(PageProblems problems)
{
    private const int Width = 80;
    private const string Indent = "    ";

    private readonly HelpText _text = new(problems);

    /// <summary>The whole topic.</summary>
    public string Write(AboutPage page)
    {
        StringBuilder text = new();
        text.Append("TOPIC\n").Append(Indent).Append(page.Name).Append("\n\n");
        foreach (Section section in page.Sections)
            Write(text, section, level: 0);
        return text.ToString().TrimEnd() + "\n";
    }

    /// <summary>Headings of the first level stand at the margin, those below them are indented by two, text by four.</summary>
    private void Write(StringBuilder text, Section section, int level)
    {
        text.Append(level == 0 ? section.Heading.ToUpperInvariant() : $"  {section.Heading}").Append('\n');
        if (level > 0)
            text.Append('\n');
        foreach (Block block in section.Blocks)
        {
            foreach (string line in Lines(block))
                text.Append((Indent + line).TrimEnd()).Append('\n');
            text.Append('\n');
        }

        foreach (Section inner in section.Sections)
            Write(text, inner, level + 1);
    }

    private IEnumerable<string> Lines(Block block)
    {
        int width = Width - Indent.Length;
        return block switch
        {
            ListBlock list => _text.ListLines(list, width),
            CodeBlock code => CodeLines(code, width),
            _ => LineWrap.Wrap(_text.Paragraph(block), width),
        };
    }

    private IEnumerable<string> CodeLines(CodeBlock code, int width)
    {
        foreach (string line in HelpText.Code(code).Split('\n').Select(line => Indent + line))
        {
            if (line.Length > width)
                problems.Add(OutlineReader.LineOf(code), $"A line of this code block is wider than a topic's {Width} columns: '{line.Trim()}'.");
            yield return line;
        }
    }
}
