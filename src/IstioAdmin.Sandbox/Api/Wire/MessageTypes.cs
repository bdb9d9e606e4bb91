using System.Globalization;
using System.Reflection;

namespace IstioAdmin.Sandbox.Api.Wire;

/// <summary>How Kubernetes' objects are written in protocol buffers (<c>Protobuf.txt</c>, where the notation is described).</summary>
internal static class MessageTypes
{
    private static readonly Dictionary<string, MessageType> Named = [];
    private static readonly Dictionary<string, MessageType> Kinds = [];

    static MessageTypes()
    {
        MessageType? current = null;
        foreach (string line in Lines().Where(line => line.Length > 0 && line[0] != '#'))
        {
            string[] words = line.Trim().Split(' ');
            if (line[0] == ' ')
            {
                current!.Fields[int.Parse(words[0], CultureInfo.InvariantCulture)] = MessageField.Parse(words[1], words[2]);
                continue;
            }
            Named[words[0]] = current = new MessageType();
            foreach (string kind in words.Length > 2 ? words[2].Split(',') : [])
                Kinds[kind] = current;
        }
    }

    /// <summary>A type by its name.</summary>
    public static MessageType Find(string name) => Named[name];

    /// <summary>The type of a kind; null when it is not known.</summary>
    public static MessageType? FindKind(string apiVersion, string kind)
        // Every group has its options of deletion, all alike.
        => Kinds.GetValueOrDefault(kind == "DeleteOptions" ? kind : $"{apiVersion}/{kind}");

    private static IEnumerable<string> Lines()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(MessageTypes).Namespace}.Protobuf.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}

/// <summary>A type of message.</summary>
internal sealed class MessageType
{
    /// <summary>The fields by their numbers.</summary>
    public Dictionary<int, MessageField> Fields { get; } = [];
}

/// <summary>A field of a message.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Type">The type of its value, or of each of its values.</param>
/// <param name="Shape">How many values there are, and where they go.</param>
internal sealed record MessageField(string Name, string Type, FieldShape Shape)
{
    /// <summary>Reads a field's type as the table has it.</summary>
    public static MessageField Parse(string name, string type) => type switch
    {
        ['[', .. var item, ']'] => new(name, item, FieldShape.List),
        ['{', .. var value, '}'] => new(name, value, FieldShape.Map),
        ['+', .. var own] => new(name, own, FieldShape.Inline),
        _ => new(name, type, FieldShape.Single),
    };
}

/// <summary>How many values a field has, and where they go.</summary>
internal enum FieldShape
{
    /// <summary>One.</summary>
    Single,

    /// <summary>A list.</summary>
    List,

    /// <summary>A map of texts.</summary>
    Map,

    /// <summary>One whose fields are the owner's.</summary>
    Inline,
}
