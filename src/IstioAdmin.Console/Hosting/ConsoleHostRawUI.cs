using System.Management.Automation.Host;

namespace IstioAdmin.Console.Hosting;

/// <summary>What formatting needs to know about the screen: its width. Nothing here draws.</summary>
internal sealed class ConsoleHostRawUI : PSHostRawUserInterface
{
    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Size BufferSize
    {
        get => WindowSize;
        set => throw FixedScreen();
    }

    public override Size WindowSize
    {
        get => new(Terminal.Width, Terminal.Height);
        set => throw FixedScreen();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates CursorPosition { get; set; }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override string WindowTitle { get; set; } = "IstioAdmin";

    public override bool KeyAvailable => !System.Console.IsInputRedirected && System.Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        ConsoleKeyInfo key = System.Console.ReadKey(intercept: options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, 0, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
            System.Console.ReadKey(intercept: true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw FixedScreen();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw FixedScreen();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw FixedScreen();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw FixedScreen();

    private static HostException FixedScreen() => new("IstioAdmin.Console does not draw on the screen; use pwsh for this command.");
}
