using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// A thread of its own that walks between network namespaces of its own. The namespaces have no names and end with it, also when the
/// process is killed. Sockets stay in the namespace they were opened in, wherever they are used later.
/// </summary>
internal sealed class NamespaceThread : IDisposable
{
    private const int ReadOnlyCloseOnExec = 0x80000;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly int[] _namespaces;
    private int _now = -1;

    /// <summary>Starts the thread and makes the namespaces.</summary>
    public NamespaceThread(int count)
    {
        _namespaces = new int[count];
        _thread = new Thread(() =>
        {
            foreach (Action action in _work.GetConsumingEnumerable())
                action();
        })
        {
            IsBackground = true,
            Name = "namespaces",
        };
        _thread.Start();
        Run(() =>
        {
            for (int i = 0; i < count; i++)
            {
                Native.Check(Native.Unshare(Native.CloneNewNet), "unshare");
                _namespaces[i] = Native.Check(Native.Open("/proc/thread-self/ns/net", ReadOnlyCloseOnExec, 0), "open ns/net");
            }
            return 0;
        });
    }

    /// <summary>Runs something on the thread and waits for it.</summary>
    public T Run<T>(Func<T> function)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        _work.Add(() =>
        {
            try
            {
                result = function();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    /// <summary>Goes into a namespace. Only on the thread.</summary>
    public void Enter(int number)
    {
        if (_now != number)
            Native.Check(Native.SetNamespace(_namespaces[number], Native.CloneNewNet), "setns");
        _now = number;
    }

    /// <summary>A path that names a namespace for other programs, as long as this process lives.</summary>
    public string PathOf(int number) => $"/proc/{Environment.ProcessId}/fd/{_namespaces[number]}";

    /// <summary>Runs a program in a namespace. Only on the thread, whose namespace the child gets.</summary>
    /// <exception cref="InvalidOperationException">It fails; the message has its standard error.</exception>
    public void Execute(int number, string program, IEnumerable<string> arguments, string input)
    {
        Enter(number);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error}\n{input}");
    }

    /// <summary>Sets a kernel parameter in a namespace. Only on the thread.</summary>
    public void Set(int number, string parameter, string value)
    {
        Enter(number);
        File.WriteAllText($"/proc/sys/net/{parameter}", value);
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        foreach (int descriptor in _namespaces)
            _ = Native.Close(descriptor);
        _work.Dispose();
    }
}
