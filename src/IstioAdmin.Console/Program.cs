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
Console.CancelKeyPress += (_, key) =>
{
    // The process goes on: it is the pipeline that is stopped, as in any shell.
    key.Cancel = true;
    session.Stop();
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
return arguments switch
{
    { File: { } file } => session.RunFile(file, arguments.Rest),
    { Command: { } command } => session.RunCommand(command),
    _ => new Prompt(session).Loop(arguments.NoLogo),
};
