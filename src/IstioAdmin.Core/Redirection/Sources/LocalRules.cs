using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>Reads rules on this machine, as root on a pod's node.</summary>
public static class LocalRules
{
    private static readonly string[] Privileges = ["root on this machine"];

    /// <summary>Reads the rules of pods that run on this machine, found by their uid and the ids of their containers. Each comes out once.</summary>
    /// <param name="pods">The pods.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="MeshException">This machine cannot read rules: no shell, or not root.</exception>
    public static IAsyncEnumerable<PodRulesReading> ReadPodsAsync(IReadOnlyList<MeshPod> pods, CancellationToken cancel) => ReadPodsAsync(pods, ["sh"], cancel);

    /// <summary>Reads the rules that a process sees.</summary>
    /// <exception cref="MeshException">There is no such process (<c>ProcessNotFound</c>), or its rules could not be read.</exception>
    public static Task<PodRules> ReadProcessAsync(int pid, CancellationToken cancel)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net");
        return Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"))
            ? ReadAsync(path, $"process {pid} on this machine", cancel)
            : throw new MeshException("ProcessNotFound", FailureKind.NotFound, $"There is no process {pid} on this machine.", "Name a process of the pod, as this machine sees it.", pid);
    }

    /// <summary>Reads the rules of a network namespace, such as <c>/var/run/netns/cni-…</c>.</summary>
    /// <exception cref="MeshException">There is no such file (<c>NamespaceNotFound</c>), or the rules could not be read.</exception>
    public static Task<PodRules> ReadNamespaceAsync(string path, CancellationToken cancel) => File.Exists(path)
        ? ReadAsync(path, $"network namespace {path} on this machine", cancel)
        : throw new MeshException("NetworkNamespaceNotFound", FailureKind.NotFound, $"There is no network namespace {path} on this machine.", "ip netns list, or lsns -t net, shows what there is.", path);

    internal static async IAsyncEnumerable<PodRulesReading> ReadPodsAsync(IReadOnlyList<MeshPod> pods, string[] shell, [EnumeratorCancellation] CancellationToken cancel)
    {
        var readings = new List<PodRulesReading>();
        MeshPod[] readable = [.. pods.Where(pod => SourceFailures.Hopeless(pod) is null)];
        readings.AddRange(pods.Except(readable, ReferenceEqualityComparer.Instance).Cast<MeshPod>().Select(pod => new PodRulesReading(pod, null, SourceFailures.Hopeless(pod))));
        if (readable.Length > 0)
        {
            INodeShell script = LocalShell.Open(shell);
            await using (script.ConfigureAwait(false))
            {
                var reader = new NodeReader(RulesSource.Local, "this machine", Privileges, IsInNodeNamespace: true);
                await new NodeSession(script, reader, readable, (pod, answer) =>
                {
                    readings.Add(answer switch
                    {
                        PodAnswer.Read read => new(pod, read.Rules, null),
                        PodAnswer.Refused refused => new(pod, null, refused.Failure),
                        PodAnswer.Unread unread => new(pod, null, unread.Failure),
                        _ => throw new InvalidOperationException(answer.ToString()),
                    });
                    return ValueTask.CompletedTask;
                }).RunAsync(cancel).ConfigureAwait(false);
            }
        }
        foreach (PodRulesReading reading in readings)
            yield return reading;
    }

    private static async Task<PodRules> ReadAsync(string path, string name, CancellationToken cancel)
    {
        string word = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var reader = new NodeReader(RulesSource.Local, name, Privileges, IsInNodeNamespace: true);
        var pod = new MeshPod { Cluster = "", Namespace = "", Name = path };
        var start = new ProcessStartInfo("nsenter", [$"--net={path}", "sh", "-c", NodeScript.InPlace])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["N"] = word },
        };
        try
        {
            using Process process = Process.Start(start) ?? throw new Win32Exception("it did not start");
            Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
            var output = new InPlaceOutput(word, reader, pod);
            byte[] buffer = new byte[64 * 1024];
            while (await process.StandardOutput.BaseStream.ReadAsync(buffer, cancel).ConfigureAwait(false) is var count and > 0)
                output.Append(buffer.AsSpan(0, count));
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return process.ExitCode == 0
                ? output.Rules()
                : throw new MeshException("RulesNotPrinted", FailureKind.Forbidden, $"The rules of {name} could not be read: {Excerpt.Of(await errors.ConfigureAwait(false))}",
                    "Entering a network namespace takes root.", path);
        }
        catch (Win32Exception e)
        {
            throw new MeshException("ShellNotFound", FailureKind.NotSupported, $"nsenter could not be started on this machine: {e.Message}",
                "Rules are read locally on Linux nodes that have util-linux or busybox.", path, e);
        }
    }
}
