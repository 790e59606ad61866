using System.Text;
using Romana.Cni;

// What a container runtime starts for each pod: it must be quick, small and need nothing of the machine.
if (args is ["--version"])
{
    Console.Out.WriteLine($"romana-cni {CniVersion.Ours}, CNI {string.Join(", ", CniVersion.Supported)}");
    return 0;
}

if (args.Length > 0)
{
    Console.Error.WriteLine(
        "romana-cni is started by a container runtime: CNI_COMMAND and its fellows in the environment, the network\n"
        + "configuration on standard input (CNI specification, section 2). Options: --version, --help.");
    return args is ["--help"] ? 0 : 2;
}

using var input = Console.OpenStandardInput();
var answer = new Plugin(Environment.GetEnvironmentVariable, TimeProvider.System).Run(input, note => Console.Error.WriteLine(note));
using var output = Console.OpenStandardOutput();
output.Write(Encoding.UTF8.GetBytes(answer.Text));
return answer.ExitCode;
