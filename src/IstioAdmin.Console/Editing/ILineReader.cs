namespace IstioAdmin.Console.Editing;

/// <summary>Reads what is typed at the prompt.</summary>
internal interface ILineReader
{
    /// <summary>Reads one command.</summary>
    /// <returns>Null at the end of the input; an empty text for a line that was given up with Ctrl+C.</returns>
    string? Read();

    /// <summary>Gives up the line that is being typed. May come from another thread.</summary>
    void Interrupt();
}
