namespace IstioAdmin.Console.Editing;

/// <summary>For input that nobody types, and terminals that cannot move their cursor.</summary>
internal sealed class PlainLineReader : ILineReader
{
    /// <inheritdoc/>
    public string? Read()
    {
        System.Console.Write(CommandText.Prompt);
        string? text = System.Console.ReadLine();
        while (text is not null && CommandText.IsIncomplete(text))
        {
            System.Console.Write(CommandText.Continuation);
            if (System.Console.ReadLine() is not { } more)
                break;
            text += Environment.NewLine + more;
        }
        return text;
    }

    /// <inheritdoc/>
    public void Interrupt()
    {
        // The system's own line editing has given up the line by itself.
    }
}
