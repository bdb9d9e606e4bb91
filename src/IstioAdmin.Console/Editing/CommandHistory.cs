using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IstioAdmin.Console.Editing;

/// <summary>What was typed at the prompt, kept from one run to the next in a file of the user's own.</summary>
/// <remarks>A command that begins with a space, or that looks as if it held a secret, is known until the console ends and is not written.</remarks>
internal sealed partial class CommandHistory
{
    private const int Kept = 1000;

    // To be read by people, too; it goes into no web page.
    private static readonly JsonSerializerOptions AsTyped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string? _file;
    private readonly List<string> _commands;

    /// <param name="file">Where it is kept; null for nowhere.</param>
    public CommandHistory(string? file)
    {
        _file = file;
        _commands = [.. Load(file)];
    }

    /// <summary>The commands, the oldest first.</summary>
    public IReadOnlyList<string> Commands => _commands;

    /// <summary>The file for this user: beside other state that programs keep, for nobody else to read.</summary>
    public static string? UserFile
    {
        get
        {
            string folder = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return folder.Length == 0 ? null : Path.Combine(folder, "IstioAdmin", "console-history.jsonl");
        }
    }

    /// <summary>Adds a command, unless it is the last one again.</summary>
    public void Add(string command)
    {
        if (_commands.Count > 0 && _commands[^1] == command)
            return;
        _commands.Add(command);
        if (_file is null || command.StartsWith(' ') || Sensitive().IsMatch(command))
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            using FileStream stream = Open(_file);
            JsonSerializer.Serialize(stream, command, AsTyped);
            stream.Write("\n"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A home that cannot be written to must not hold up the prompt.
        }
    }

    private static FileStream Open(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(file, options);
    }

    private static IEnumerable<string> Load(string? file)
    {
        try
        {
            return file is null || !File.Exists(file) ? [] : [.. File.ReadLines(file).Select(Read).OfType<string>().TakeLast(Kept)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(line);
        }
        catch (JsonException)
        {
            // A line that another console was just writing.
            return null;
        }
    }

    [GeneratedRegex("password|token|secret|asplaintext|apikey|credential", RegexOptions.IgnoreCase)]
    private static partial Regex Sensitive();
}
