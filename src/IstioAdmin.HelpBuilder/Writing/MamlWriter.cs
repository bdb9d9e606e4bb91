using System.Xml.Linq;
using IstioAdmin.HelpBuilder.Pages;
using static IstioAdmin.HelpBuilder.Writing.MamlNames;

namespace IstioAdmin.HelpBuilder.Writing;

/// <summary>Writes pages as MAML, the XML that Get-Help reads. Its element names and their order follow PSMAML; what the engine shows of each, its help format views.</summary>
internal static class MamlWriter
{
    private const string TitleRule = "---------";

    /// <summary>The help file for the given pages.</summary>
    public static XDocument Write(IEnumerable<CommandPage> pages) => new(
        new XElement(
            Root + "helpItems",
            new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", Maml.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "command", Command.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "dev", Dev.NamespaceName),
            pages.Select(CommandOf)));

    private static XElement CommandOf(CommandPage page) => new(
        Command + "command",
        Details(page),
        Description(page.Description),
        new XElement(Command + "syntax", page.Syntax.Select(syntax => SyntaxItem(page, syntax))),
        new XElement(Command + "parameters", page.Parameters.Select(parameter => MamlParameter.Full(page, parameter))),
        new XElement(Command + "inputTypes", page.Inputs.Select(type => PipelineObject("inputType", type))),
        new XElement(Command + "returnValues", page.Outputs.Select(type => PipelineObject("returnValue", type))),
        new XElement(Maml + "alertSet", new XElement(Maml + "alert", page.Notes.Select(Para))),
        new XElement(Command + "examples", page.Examples.Select(Example)),
        new XElement(Command + "relatedLinks", Links(page)));

    private static XElement Details(CommandPage page)
    {
        string[] words = page.Name.Split('-', 2);
        return new XElement(
            Command + "details",
            new XElement(Command + "name", page.Name),
            Description(page.Synopsis),
            new XElement(Command + "verb", words[0]),
            new XElement(Command + "noun", words.ElementAtOrDefault(1) ?? ""));
    }

    private static XElement SyntaxItem(CommandPage page, CommandSyntax syntax) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", page.Name),
        syntax.Parameters.Select(parameter => MamlParameter.InSyntax(page, syntax, parameter)));

    private static XElement PipelineObject(string element, PipelineType type) => new(
        Command + element,
        new XElement(Dev + "type", new XElement(Maml + "name", type.TypeName)),
        Description(type.Description));

    /// <summary>
    /// The engine prints the introduction and, without a line break, the code; then the remarks. So the words before the first code block become one
    /// paragraph that ends with an empty line (the engine keeps white space only when the paragraph is alone), the code blocks that follow one another
    /// the code, and the rest the remarks.
    /// </summary>
    private static XElement Example(CommandExample example)
    {
        ExamplePart[] introduction = [.. example.Parts.TakeWhile(part => part is ExamplePart.Words)];
        ExamplePart[] code = [.. example.Parts.Skip(introduction.Length).TakeWhile(part => part is ExamplePart.Code)];
        ExamplePart[] remarks = [.. example.Parts.Skip(introduction.Length + code.Length)];
        return new XElement(
            Command + "example",
            new XElement(Maml + "title", $"{TitleRule} {example.Title} {TitleRule}"),
            new XElement(Maml + "introduction", introduction.Length == 0 ? null : Para(Join(introduction) + "\n\n")),
            new XElement(Dev + "code", Join(code)),
            remarks.Length == 0 ? null : new XElement(Dev + "remarks", remarks.Select(part => Para(TextOf(part)))));
    }

    private static string Join(IEnumerable<ExamplePart> parts) => string.Join("\n\n", parts.Select(TextOf));

    private static string TextOf(ExamplePart part) => part switch
    {
        ExamplePart.Words words => words.Paragraph,
        ExamplePart.Code code => code.Source,
        _ => throw new InvalidOperationException($"{part.GetType()} is no part of an example."),
    };

    /// <summary>Links to pages keep their name only: their address means nothing on a console, and Get-Help -Online would open it.</summary>
    private static IEnumerable<XElement> Links(CommandPage page)
    {
        if (page.OnlineAddress is not null)
            yield return Link("Online Version", page.OnlineAddress);
        foreach (RelatedLink link in page.Links)
            yield return Link(link.Text, link.IsWeb ? link.Address : "");
    }

    private static XElement Link(string text, string address) => new(
        Maml + "navigationLink",
        new XElement(Maml + "linkText", text),
        new XElement(Maml + "uri", address));
}
