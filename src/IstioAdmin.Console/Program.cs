using System.Management.Automation;
using IstioAdmin.Console;

ConsoleArguments arguments;
try
{
    arguments = ConsoleArguments.Parse(args);
}
catch (ArgumentException e)
{
    await Console.Error.WriteLineAsync($"{e.Message}{Environment.NewLine}{ConsoleArguments.Usage}");
    return ExitCode.Usage;
}
if (arguments.Help)
{
    Console.WriteLine(ConsoleArguments.Usage);
    return ExitCode.Success;
}

using var session = new ShellSession();
Prompt? prompt = null;
Console.CancelKeyPress += (_, key) =>
{
    // The process goes on: it is the pipeline that is stopped, as in any shell.
    key.Cancel = true;
    if (!session.Stop())
        prompt?.Interrupt();
};
try
{
    session.ImportModule(arguments.Module ?? BuiltModule.Find(AppContext.BaseDirectory));
}
catch (Exception e) when (e is RuntimeException or FileNotFoundException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return ExitCode.Failure;
}
if (arguments is { File: null, Command: null })
    prompt = new Prompt(session);
return arguments switch
{
    { File: { } file } => session.RunFile(file, arguments.Rest),
    { Command: { } command } => session.RunCommand(command),
    _ => prompt!.Loop(arguments.NoLogo),
};
