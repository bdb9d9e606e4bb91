namespace IstioAdmin.Testing;

/// <summary>The repository's own documents, so that tests run what readers copy.</summary>
public static class Documentation
{
    /// <summary>Code blocks of a document, in order, without their fences.</summary>
    /// <param name="path">The document, relative to the repository's root.</param>
    /// <param name="language">The language that the fence names.</param>
    public static IReadOnlyList<string> CodeBlocks(string path, string language)
    {
        List<string> blocks = [];
        List<string>? open = null;
        foreach (string line in File.ReadLines(Path.Combine(TestbedScripts.Directory, "..", "..", path)))
        {
            if (open is null && line == $"```{language}")
            {
                open = [];
            }
            else if (open is not null && line == "```")
            {
                blocks.Add(string.Join('\n', open));
                open = null;
            }
            else
            {
                open?.Add(line);
            }
        }
        return blocks;
    }
}
