using System.Runtime.InteropServices;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// The Linux calls that .NET's sockets do not reach: network namespaces, credentials of one thread, transparent sockets, original destinations.
/// Numbers are those of the kernel's uapi headers.
/// </summary>
internal static unsafe partial class Native
{
    public const int CloneNewNet = 0x40000000;
    public const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    public const int Stream = 1;
    public const int Datagram = 2;
    public const int SolSocket = 1;
    public const int SolIP = 0;
    public const int SolIPv6 = 41;
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const short PollError = 8;
    public const short PollHangup = 16;
    public const int WouldBlock = 11;
    public const int NotPermitted = 1;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int descriptor, byte* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int descriptor, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int descriptor, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int descriptor, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, void* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, void* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(int descriptor, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int descriptor, int type);

    /// <summary>Changes the calling thread alone; returns the former value.</summary>
    [LibraryImport("libc", EntryPoint = "setfsuid")]
    public static partial int SetFileSystemUser(uint user);

    /// <summary>Changes the calling thread alone; returns the former value.</summary>
    [LibraryImport("libc", EntryPoint = "setfsgid")]
    public static partial int SetFileSystemGroup(uint group);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, void* second);

    /// <summary>Sets the supplementary groups of the calling thread; the C library's own function would change every thread.</summary>
    public static void SetGroups(uint[] groups)
    {
        int number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 159 : 116;
        fixed (uint* list = groups)
            Check((int)SystemCall(number, groups.Length, list), "setgroups");
    }

    /// <summary>Switches a socket option of type int on.</summary>
    public static void Enable(int descriptor, int level, int name)
    {
        int one = 1;
        Check(SetOption(descriptor, level, name, &one, sizeof(int)), $"setsockopt {level} {name}");
    }

    /// <summary>The pending error of a socket, which is cleared by asking.</summary>
    public static int TakeError(int descriptor)
    {
        int error = 0;
        uint length = sizeof(int);
        Check(GetOption(descriptor, SolSocket, 4, &error, &length), "getsockopt SO_ERROR");
        return error;
    }

    /// <summary>Throws when a call that must not fail did.</summary>
    public static int Check(int result, string call) =>
        result >= 0 ? result : throw new InvalidOperationException($"{call}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
