using System.Xml.Linq;

namespace IstioAdmin.HelpBuilder.Writing;

/// <summary>MAML's namespaces, and the two elements that occur everywhere.</summary>
internal static class MamlNames
{
    public static readonly XNamespace Root = "http://msh";
    public static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    public static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    public static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>A paragraph.</summary>
    public static XElement Para(string text) => new(Maml + "para", text);

    /// <summary>A description: one paragraph after the other.</summary>
    public static XElement Description(IEnumerable<string> paragraphs) => new(Maml + "description", paragraphs.Select(Para));
}
