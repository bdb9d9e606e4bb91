using System.Globalization;
using System.Text;

namespace IstioAdmin.Core.Cni;

/// <summary>
/// The shell script that reads directories, and the reading of what it prints. Every entry is one line of lengths and then exactly as many
/// bytes, so nothing that is in a file can pass for something else.
/// </summary>
internal static class NodeFileScript
{
    /// <summary>CNI configurations have a few KB; whatever is larger is none.</summary>
    private const int LongestFile = 256 * 1024;

    /// <summary>POSIX sh; needs head, sed and readlink, and says of a file that it could not be read where one of them is missing.</summary>
    internal static readonly string Text = $$"""
        LC_ALL=C; export LC_ALL
        for d in "$@"; do
          if [ ! -d "$d" ]; then echo 'D missing'; continue; fi
          if [ ! -r "$d" ] || [ ! -x "$d" ]; then echo 'D denied'; continue; fi
          echo 'D ok'
          for p in "$d"/* "$d"/.[!.]*; do
            if [ ! -e "$p" ] && [ ! -L "$p" ]; then continue; fi
            n=${p##*/}; k=o; l=; c=; r=n; x=-
            if [ -L "$p" ]; then k=l; l=$(readlink "$p"); elif [ -d "$p" ]; then k=d; elif [ -f "$p" ]; then k=f; fi
            if [ -x "$p" ]; then x=x; fi
            case "$n" in
              *.conf|*.conflist|*.json)
                if [ -d "$p" ]; then r=n; elif [ ! -e "$p" ]; then r=b
                elif c=$(head -c {{LongestFile}} "$p" 2>/dev/null && echo .); then r=c; c=${c%.}; else r=x; c=; fi ;;
              *kubeconfig*)
                if [ -r "$p" ]; then r=t; c=$(sed -n 's/^.*token: *"\{0,1\}[^."]*\.\([^."]*\)\..*$/\1/p' "$p" 2>/dev/null | head -n 1)
                elif [ ! -e "$p" ]; then r=b; else r=x; fi ;;
            esac
            echo "F $k $x $r ${#n} ${#l} ${#c}"
            printf '%s%s%s\n' "$n" "$l" "$c"
          done
        done
        echo E
        """.ReplaceLineEndings("\n");

    /// <summary>The command for these directories.</summary>
    public static IReadOnlyList<string> Command(IEnumerable<string> directories) => ["sh", "-c", Text, "sh", .. directories];

    /// <summary>Reads what the script printed.</summary>
    /// <param name="output">All of it.</param>
    /// <param name="directories">The paths on the node that it was asked for, in order.</param>
    /// <exception cref="FormatException">It is not what the script prints, or breaks off.</exception>
    public static IReadOnlyList<NodeDirectory> Read(ReadOnlySpan<byte> output, IReadOnlyList<string> directories)
    {
        // One byte, one character: lengths are in bytes.
        string text = Encoding.Latin1.GetString(output);
        List<NodeDirectory> found = [];
        List<NodeFile> files = [];
        int at = 0;
        while (true)
        {
            string line = Line(text, ref at);
            if (line == "E")
                break;
            if (line.StartsWith("D ", StringComparison.Ordinal))
            {
                if (found.Count == directories.Count)
                    throw new FormatException("there are more directories than were asked for");
                files = [];
                found.Add(new NodeDirectory(directories[found.Count], files, line[2..] switch
                {
                    "ok" => null,
                    "missing" => "does not exist",
                    "denied" => "may not be read",
                    var other => throw new FormatException($"'{other}' is no state of a directory"),
                }));
                continue;
            }
            files.Add(Entry(line, text, ref at));
        }
        return found.Count == directories.Count
            ? [.. found.Select(directory => directory with { Files = [.. directory.Files.OrderBy(file => file.Name, StringComparer.Ordinal)] })]
            : throw new FormatException($"only {found.Count} of {directories.Count} directories came");
    }

    private static NodeFile Entry(string line, string text, ref int at)
    {
        string[] fields = line.Split(' ');
        if (fields is not ["F", var kind, var execute, var read, var nameLength, var linkLength, var contentLength])
            throw new FormatException($"'{line}' is no line of it");
        string name = Take(text, nameLength, ref at);
        string link = Take(text, linkLength, ref at);
        string content = Take(text, contentLength, ref at);
        if (at >= text.Length || text[at++] != '\n')
            throw new FormatException($"the entry of {name} does not end where it should");
        return new NodeFile(name, kind switch { "f" => NodeFileType.File, "d" => NodeFileType.Directory, "l" => NodeFileType.Link, _ => NodeFileType.Other })
        {
            Executable = execute == "x",
            LinkTarget = kind == "l" ? link : null,
            Content = read == "c" ? content.TrimEnd('\n') : null,
            TokenPayload = read == "t" ? content : null,
            Problem = read switch
            {
                "x" => "could not be read",
                "b" => "points to something that is not there, or not to be seen from where it was read",
                _ => null,
            },
        };
    }

    private static string Line(string text, ref int at)
    {
        int end = text.IndexOf('\n', at);
        if (end < 0)
            throw new FormatException("it breaks off");
        string line = text[at..end];
        at = end + 1;
        return line;
    }

    private static string Take(string text, string length, ref int at)
    {
        if (!int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > text.Length - at)
            throw new FormatException("it breaks off");
        string part = text.Substring(at, count);
        at += count;
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(part));
    }
}
