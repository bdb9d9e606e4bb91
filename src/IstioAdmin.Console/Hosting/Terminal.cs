namespace IstioAdmin.Console.Hosting;

/// <summary>What is at the other end of our streams.</summary>
internal static class Terminal
{
    /// <summary>Columns that are written when nobody says how many there are: to a file or a pipe.</summary>
    private const int DefaultWidth = 120;

    /// <summary>Whether escape codes may be written: to a terminal, unless its user does not want them (no-color.org).</summary>
    public static bool Colors => !System.Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Whether a line may be drawn over: standard error is a terminal, and one that can move its cursor.</summary>
    public static bool Redraws => !System.Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Whether somebody types at a terminal that can show an edited line.</summary>
    public static bool Edits => !System.Console.IsInputRedirected && !System.Console.IsOutputRedirected && Redraws;

    public static int Width => System.Console.IsOutputRedirected || System.Console.WindowWidth <= 0 ? DefaultWidth : System.Console.WindowWidth;

    public static int Height => System.Console.IsOutputRedirected || System.Console.WindowHeight <= 0 ? 50 : System.Console.WindowHeight;
}
