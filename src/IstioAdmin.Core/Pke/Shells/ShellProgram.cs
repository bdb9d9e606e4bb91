using System.Diagnostics;
using System.Text;
using IstioAdmin.Core.Kube.Connecting.Credentials;

namespace IstioAdmin.Core.Pke.Shells;

/// <summary>A program to run, and for shells the way to make their prompt show the cluster: each has its own.</summary>
internal sealed class ShellProgram
{
    // The name is looked up when the prompt is drawn: a name is never text that a shell evaluates.
    private const string Name = "BANZAI_CURRENT_CLUSTER_NAME";

    private readonly Func<string, IReadOnlyList<string>> _arguments;
    private readonly Func<string, string, IReadOnlyList<(string Name, string Value)>> _variables;

    private ShellProgram(string path, Func<string, IReadOnlyList<string>> arguments, Func<string, string, IReadOnlyList<(string, string)>>? variables = null)
    {
        Path = path;
        _arguments = arguments;
        _variables = variables ?? ((_, _) => []);
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Files that it reads when it starts, by name and content.</summary>
    public IReadOnlyList<(string Name, string Content)> Files { get; private init; } = [];

    /// <summary>A program by name or path.</summary>
    /// <exception cref="MeshException"><c>CommandNotFound</c>.</exception>
    public static ShellProgram Of(string command, IReadOnlyList<string> arguments) => new(Find(command), _ => arguments);

    /// <summary>The user's shell: <c>$SHELL</c>, else PowerShell, else what the system has.</summary>
    public static ShellProgram OfUser()
    {
        string[] candidates = [Environment.GetEnvironmentVariable("SHELL") ?? "", "pwsh", .. OperatingSystem.IsWindows() ? ["powershell", "cmd"] : new[] { "/bin/sh" }];
        string path = candidates.Where(candidate => candidate.Length > 0).Select(ExecutableSearch.Find).FirstOrDefault(found => found is not null) ?? throw NotFound("a shell");
        return For(path);
    }

    /// <summary>A shell whose prompt shows the cluster.</summary>
    internal static ShellProgram For(string path) => System.IO.Path.GetFileNameWithoutExtension(path).ToLowerInvariant() switch
    {
        "bash" => new(path, folder => ["--rcfile", System.IO.Path.Combine(folder, "bashrc"), "-i"])
        {
            Files = [("bashrc", $"[ -f ~/.bashrc ] && . ~/.bashrc\nPS1='[${{{Name}}}] '\"$PS1\"\n")],
        },
        // zsh reads its files from ZDOTDIR; they give it back before the user's own are read.
        "zsh" => new(path, _ => ["-i"], (folder, _) => [("ZDOTDIR", folder), ("ISTIOADMIN_ZDOTDIR", Environment.GetEnvironmentVariable("ZDOTDIR") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile))])
        {
            Files =
            [
                (".zshenv", "[ -f \"$ISTIOADMIN_ZDOTDIR/.zshenv\" ] && . \"$ISTIOADMIN_ZDOTDIR/.zshenv\"\n"),
                (".zshrc", $"ZDOTDIR=$ISTIOADMIN_ZDOTDIR\n[ -f \"$ZDOTDIR/.zshrc\" ] && . \"$ZDOTDIR/.zshrc\"\nsetopt prompt_subst\nPROMPT='[${{{Name}}}] '\"$PROMPT\"\n"),
            ],
        },
        "fish" => new(path, _ => ["-i", "-C", $"functions -c fish_prompt istioadmin_prompt; function fish_prompt; echo -n \"[${Name}] \"; istioadmin_prompt; end"]),
        "pwsh" or "powershell" => new(path, _ => ["-NoLogo", "-NoExit", "-Command", $"$global:__istioAdminPrompt = $function:prompt; function global:prompt {{ '[' + $env:{Name} + '] ' + (& $global:__istioAdminPrompt) }}"]),
        // It looks no variables up in its prompt, and knows codes that begin with a dollar sign only.
        "cmd" => new(path, _ => [], (_, cluster) => [("PROMPT", $"[{cluster.Replace("$", "$$", StringComparison.Ordinal)}] {Environment.GetEnvironmentVariable("PROMPT") ?? "$P$G"}")]),
        // What POSIX says of PS1: variables in it are looked up when it is drawn.
        _ => new(path, _ => ["-i"], (_, _) => [("PS1", $"[${{{Name}}}] $ ")]),
    };

    /// <summary>How to start it.</summary>
    /// <param name="folder">Where its files lie.</param>
    /// <param name="cluster">Name of the cluster.</param>
    /// <param name="captured">Whether its output is read here.</param>
    public ProcessStartInfo Start(string folder, string cluster, bool captured)
    {
        var start = new ProcessStartInfo(Path) { UseShellExecute = false, RedirectStandardOutput = captured, StandardOutputEncoding = captured ? Encoding.UTF8 : null };
        foreach (string argument in _arguments(folder))
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in _variables(folder, cluster))
            start.Environment[name] = value;
        return start;
    }

    private static string Find(string command) => ExecutableSearch.Find(command.Contains('/', StringComparison.Ordinal) ? System.IO.Path.GetFullPath(command) : command) ?? throw NotFound($"'{command}'");

    private static MeshException NotFound(string what) => new(
        "CommandNotFound", FailureKind.NotFound, $"There is no program {what}.", "Name a program in PATH, or its path. Commands of PowerShell itself run after Export-PkeKubeconfig.", what);
}
