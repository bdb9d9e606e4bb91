using IstioAdmin.HelpBuilder;
using IstioAdmin.HelpBuilder.Pages;

if (args is not [string pages, string output])
{
    Console.Error.WriteLine("Usage: IstioAdmin.HelpBuilder <folder of pages> <folder for help files>");
    return 2;
}

IReadOnlyList<PageProblem> problems = HelpBuild.Run(pages, output);
foreach (PageProblem problem in problems)
    Console.Error.WriteLine(problem);
return problems.Count == 0 ? 0 : 1;
