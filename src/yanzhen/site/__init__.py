"""The web shell: layout, workbench, navigation, settings, the console command."""
