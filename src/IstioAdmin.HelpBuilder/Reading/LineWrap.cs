namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Breaks text into lines.</summary>
internal static class LineWrap
{
    /// <summary>Breaks at spaces so that no line is longer than <paramref name="width"/>, unless a single word is. Line breaks in the text stay.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        foreach (string paragraph in text.Split('\n'))
        {
            string line = "";
            foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Length > 0 && line.Length + 1 + word.Length > width)
                {
                    yield return line;
                    line = "";
                }

                line = line.Length == 0 ? word : $"{line} {word}";
            }

            yield return line;
        }
    }
}
