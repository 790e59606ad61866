namespace Romana.Cloud.Commands.Output;

public enum OutputFormat
{
    Table,
    Json,
    Yaml,
}
